"""Commands that use a version, or change which one serves: score, explain, thresholds, serve, promote, rollback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lead_ml.cli.console import say, show, steps, tell
from lead_ml.cli.options import DaskOption, DataOption, JsonOption, LangOption, ProjectOption, VersionOption
from lead_ml.cli.show import print_advice, print_answer, print_worklist
from lead_ml.language import catalog

ByOption = Annotated[str, typer.Option("--by", help="Who decides.")]
METHODS = ("opportunity_mean", "capacity", "value", "precision", "recall")


def score(
    project: ProjectOption = Path(),
    data: DataOption = None,
    version: VersionOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write a CSV or Parquet file for sales.")
    ] = None,
    link: Annotated[
        str,
        typer.Option(
            help="Address of a lead in your CRM, with {lead_id}: a column of the file.",
            show_default="crm_url of params.yaml",
        ),
    ] = "",
    lang: LangOption = "en",
    top: Annotated[int, typer.Option(min=1, help="Leads to print.")] = 10,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score the open leads at the end of the data and write the worklist.

    The file has one row per lead, best first: who it is, the scores, then the reasons with their points.

    Example: lead-ml score --output leads.csv --lang zh --link "https://crm.example.com/leads/{lead_id}"
    """
    from lead_ml.workflows.sales_file import check_link, check_writable, sales_rows, write_table
    from lead_ml.workflows.score import score_project
    from lead_ml.workflows.work import work_at

    check_link(link)
    if output is not None:
        check_writable(output)
    with steps("reading") as step, work_at(dask, step) as work:
        done = score_project(project, data, version=version, lang=lang, progress=step, work=work)
    best = done.best(top)
    if output is not None:
        write_table(sales_rows(done, link), output)
        say(catalog(lang)("score.file", count=len(done.answers), file=output))
    show(best, lambda: print_worklist(best, done.heading(top, lang), lang), as_json=as_json)
    for note in done.notes(lang):
        say(note)


def explain(
    lead_id: Annotated[str, typer.Argument(help="The lead.")],
    project: ProjectOption = Path(),
    data: DataOption = None,
    version: VersionOption = None,
    as_of: Annotated[
        str | None, typer.Option(help="ISO 8601 instant.", show_default="the end of the data")
    ] = None,
    lang: LangOption = "en",
    every: Annotated[
        bool, typer.Option("--all", help="Show every reason and the features behind it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the reasons behind the score of one lead.

    Example: lead-ml explain L000042 --lang zh --all
    """
    from lead_ml.workflows.score import explain_lead

    answer = explain_lead(project, data, lead_id, version=version, as_of=as_of, lang=lang, every=every)
    if answer.lead_id != lead_id:
        say(catalog(lang)("merge.redirected", lead=lead_id, person=answer.lead_id))
    show(answer, lambda: print_answer(answer, lang, members=every), as_json=as_json)


def thresholds(
    project: ProjectOption = Path(),
    version: VersionOption = None,
    accept: Annotated[
        str | None, typer.Option(help=f"Approve the thresholds of a method: {', '.join(METHODS)}.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who approves; needed with --accept.")] = "",
    why: Annotated[str, typer.Option(help="Why; needed with --accept.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show the MQL and SQL thresholds that each method recommends, and approve one.

    Example: lead-ml thresholds --accept capacity --by "Wang Li" --why "two reps, twenty leads a week"
    """
    from lead_ml.workflows.score import scorer_of
    from lead_ml.workflows.serve import accept_method, acceptances

    if accept is not None and accept not in METHODS:
        raise typer.BadParameter(
            f"unknown method {accept!r}; use {', '.join(METHODS)}", param_hint="--accept"
        )
    for name, text in (("--by", by), ("--why", why)) if accept else ():
        if not text.strip():
            raise typer.BadParameter("an approval needs a name and a reason", param_hint=name)
    scorer = scorer_of(project, version)
    lines = accept_method(scorer, accept, by=by, why=why) if accept else scorer.thresholds
    advice, synthetic = scorer.bundle.advice, scorer.bundle.info.synthetic
    currency = str(scorer.bundle.params.get("thresholds", {}).get("currency", ""))
    found = {"thresholds": lines, "advice": advice, "history": acceptances(scorer)}
    show(found, lambda: print_advice(advice, lines, synthetic=synthetic, currency=currency), as_json=as_json)


def serve(
    project: ProjectOption = Path(),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    auth: Annotated[
        bool, typer.Option("--auth/--no-auth", help="Require API keys; off only on this machine.")
    ] = True,
) -> None:
    """Serve the promoted version: the API, the pages, health and metrics.

    Example: lead-ml serve --port 8000
    """
    from lead_ml.workflows.serve import serve_project

    if not auth and host not in ("127.0.0.1", "::1", "localhost"):
        raise typer.BadParameter(
            "--no-auth works only on this machine; keep --host 127.0.0.1", param_hint="--no-auth"
        )
    reveal = typer.echo if sys.stdout.isatty() else None  # a key belongs on a screen, not into a log
    serve_project(project, host=host, port=port, auth=auth, say=say, reveal=reveal)


def promote(
    version: Annotated[str, typer.Argument(help="Version, or latest.")] = "latest",
    project: ProjectOption = Path(),
    data: DataOption = None,
    force: Annotated[
        str | None, typer.Option(help="Promote anyway, for this reason, which is recorded.")
    ] = None,
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Promote a version that passes the gate: a paired comparison on the same forward window.

    Example: lead-ml promote latest
    """
    from lead_ml.workflows.promote import promote_version

    done = promote_version(project, data, version, force=force, by=by)
    show(done, lambda: tell(done.words), as_json=as_json)


def rollback(
    to: Annotated[
        str | None, typer.Option(help="Version to return to.", show_default="the one before")
    ] = None,
    project: ProjectOption = Path(),
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Roll back to an earlier version.

    Example: lead-ml rollback --to 3f2a
    """
    from lead_ml.workflows.promote import rollback as roll_back

    done = roll_back(project / "runs", to=to, by=by)
    show(done, lambda: tell(done.words), as_json=as_json)


COMMANDS = (score, explain, thresholds, serve, promote, rollback)
