"""Commands that use a model: score, explain, thresholds, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lead_ml.cli.console import (
    DataOption,
    JsonOption,
    ProjectOption,
    interval,
    print_json,
    print_table,
    say,
    steps,
)

LangOption = Annotated[Literal["en", "zh"], typer.Option("--lang", help="Language of the reasons.")]
VersionOption = Annotated[
    str | None, typer.Option("--version", help="Version to use.", show_default="the champion")
]
METHODS = ("article", "capacity", "value", "precision", "recall")


def score(
    project: ProjectOption = Path(),
    data: DataOption = None,
    version: VersionOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write a CSV or Parquet file.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Leads to print.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Score the open leads at the end of the data and write the worklist of the page.

    Example: lead-ml score --output scores.csv
    """
    from lead_ml.workflows.pipeline import score_project
    from lead_ml.workflows.score import flat
    from lead_ml.workflows.write import write_table

    with steps("reading") as step:
        answers, path = score_project(project, data, version=version, progress=step)
    if output is not None:
        write_table([flat(answer) for answer in answers], output)
        say(f"Scores of {len(answers):,} leads: {output}")
    if as_json:
        print_json(answers[:top])
        return
    print_worklist(answers[:top], len(answers))
    say(f"Worklist of {len(answers):,} open leads: {path}")


def explain(
    lead_id: Annotated[str, typer.Argument(help="The lead.")],
    project: ProjectOption = Path(),
    data: DataOption = None,
    version: VersionOption = None,
    as_of: Annotated[
        str | None, typer.Option(help="ISO 8601 instant.", show_default="the end of the data")
    ] = None,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show every reason behind the score of one lead.

    Example: lead-ml explain L000042 --lang zh
    """
    from lead_ml.workflows.pipeline import explain_lead

    answer = explain_lead(project, data, lead_id, version=version, as_of=as_of, lang=lang)
    if as_json:
        print_json(answer)
        return
    print_answer(answer)


def thresholds(
    project: ProjectOption = Path(),
    version: VersionOption = None,
    accept: Annotated[
        str | None, typer.Option(help=f"Accept the lines of a method: {', '.join(METHODS)}.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who accepts.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show where every method would draw the MQL and SQL lines, and accept one.

    Example: lead-ml thresholds --accept capacity --by "Wang Li" --why "two reps, twenty leads a week"
    """
    from lead_ml.workflows.pipeline import accept_method, scorer_of

    if accept is not None and accept not in METHODS:
        raise typer.BadParameter(f"{accept!r} is no method; use {', '.join(METHODS)}", param_hint="--accept")
    scorer = scorer_of(project, version)
    lines = accept_method(scorer, accept, by=by, why=why) if accept else scorer.lines
    if as_json:
        print_json({"lines": lines, "advice": scorer.bundle.advice})
        return
    print_advice(scorer.bundle.advice, synthetic=scorer.bundle.facts.synthetic)
    say(
        f"In force: MQL from {lines.mql:.1%}, SQL from {lines.sql:.1%} ({lines.method}, version {lines.version})"
    )


def serve(
    project: ProjectOption = Path(),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    auth: Annotated[
        bool, typer.Option("--auth/--no-auth", help="Ask for API keys; off only on this machine.")
    ] = True,
) -> None:
    """Serve the champion: the API, the review page, health and metrics.

    Example: lead-ml serve --port 8000
    """
    from lead_ml.workflows.serve import serve_project

    if not auth and host not in ("127.0.0.1", "::1", "localhost"):
        raise typer.BadParameter(
            "--no-auth is for this machine alone; keep --host 127.0.0.1", param_hint="--no-auth"
        )
    serve_project(project, host=host, port=port, auth=auth, say=say)


def print_worklist(answers: list, total: int) -> None:  # type: ignore[type-arg]
    """Print the best leads, each with its strongest reason either way."""
    rows = [
        (
            a.lead_id,
            f"{a.probability:.1%} ({a.lower:.1%} to {a.upper:.1%})",
            f"{a.score:.0f}",
            a.grade,
            a.stage,
            f"{a.fake.probability:.0%}{' FLAG' if a.fake.flag else ''}" if a.fake else "-",
            a.reasons.for_[0].text if a.reasons.for_ else "",
            a.reasons.against[0].text if a.reasons.against else "",
        )
        for a in answers
    ]
    print_table(
        f"best {len(rows)} of {total:,} open leads",
        ("lead", "probability (90 %)", "score", "grade", "stage", "fake", "for", "against"),
        rows,
    )


def print_answer(answer, top: int | None = None) -> None:  # type: ignore[no-untyped-def]
    """Print one lead with its reasons, or the strongest `top` on either side."""
    fake = f"; fake {answer.fake.probability:.1%}" if answer.fake else ""
    say(
        f"[bold]{answer.lead_id}[/] as of {answer.as_of}: {answer.probability:.2%} "
        f"({answer.lower:.2%} to {answer.upper:.2%}), score {answer.score:.0f}, grade {answer.grade}, "
        f"stage {answer.stage}{fake}; {answer.kind} {answer.model_version}"
    )
    for title, reasons in (("for / 有利", answer.reasons.for_), ("against / 不利", answer.reasons.against)):
        print_table(title, ("points", "reason"), [(f"{r.points:+.1f}", r.text) for r in reasons[:top]])


def print_advice(advice, *, synthetic: bool) -> None:  # type: ignore[no-untyped-def]
    """Print the lines of every method with their figures."""
    rows = [
        (item.method, name, f"{line.probability:.1%}", f"{line.score:.0f}", _figure(line.per_week), _figure(line.precision, 3),
         _figure(line.recall, 3), _figure(line.expected_wins_per_week), _figure(line.value_per_week, 0), "" if item.feasible else "no")
        for item in advice
        for name, line in (("MQL", item.mql), ("SQL", item.sql))
    ]  # fmt: skip
    print_table(
        "threshold advice (90 % intervals)" + (" [SYNTHETIC DATA]" if synthetic else ""),
        (
            "method",
            "line",
            "from",
            "score",
            "leads/week",
            "precision",
            "recall",
            "wins/week",
            "value/week",
            "feasible",
        ),
        rows,
    )


def _figure(value, digits: int = 1) -> str:  # type: ignore[no-untyped-def]
    return "-" if value is None or value.value is None else interval(value, digits)


COMMANDS = (score, explain, thresholds, serve)
