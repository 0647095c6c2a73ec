"""Commands that merge leads that are one person, take that back, and show a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import next_command, print_table, say, show, steps, tell
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption
from lead_ml.language import Catalog, Lang, catalog

if TYPE_CHECKING:
    from lead_ml.workflows.merge import LogEntry, LogView, MergeSummary
    from lead_ml.workflows.person import ShownPerson

MOST_SHOWN = 20

ByOption = Annotated[str, typer.Option("--by", help="Who decides.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why.")]
TextsOption = Annotated[Lang, typer.Option("--lang", help="Language of the texts.")]
LeadArgument = Annotated[str, typer.Argument(help="A lead.")]
OtherArgument = Annotated[str, typer.Argument(help="The other lead.")]
NumberArgument = Annotated[int, typer.Argument(help="Number of an entry of the log.", min=1)]

app = typer.Typer(
    no_args_is_help=True,
    help="Treat several leads as one person; every decision is logged and can be undone.",
)


@app.command()
def apply(
    file: Annotated[
        Path, typer.Argument(help="Pairs: lead_id_a, lead_id_b, and probability, evidence, decided_by, why.")
    ],
    project: ProjectOption = Path(),
    data: DataOption = None,
    by: Annotated[str, typer.Option(help="Who decided, for rows without decided_by.")] = "",
    why: Annotated[str, typer.Option(help="Why, for rows without why.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also merge pairs whose merge was undone.")] = False,
    lang: TextsOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Merge the pairs of a file; with a column band only those of the band "same". Applying it again changes nothing.

    Example: lead-ml merge apply pairs.csv --by "Wang Li" --why "band same, audited 2026-11-30"
    """
    from lead_ml.workflows.merge import Signature, merge_file

    with steps("reading") as step:
        found = merge_file(project, data, file, Signature(by, why), again=again, progress=step)
    show(found, lambda: print_summary(found, project, catalog(lang)), as_json=as_json)


@app.command()
def pair(
    lead_a: LeadArgument,
    lead_b: OtherArgument,
    by: ByOption,
    why: WhyOption,
    project: ProjectOption = Path(),
    data: DataOption = None,
    evidence: Annotated[str, typer.Option(help="What shows that they are one person.")] = "",
    lang: TextsOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Merge two leads.

    Example: lead-ml merge pair L1 L2 --by "Wang Li" --why "both called back from one number"
    """
    from lead_ml.workflows.merge import Signature, merge_two

    done = merge_two(project, data, lead_a, lead_b, Signature(by, why), evidence)
    _done(done, catalog(lang), as_json=as_json)


@app.command()
def apart(
    lead_a: LeadArgument,
    lead_b: OtherArgument,
    by: ByOption,
    why: WhyOption,
    project: ProjectOption = Path(),
    data: DataOption = None,
    lang: TextsOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Never merge two leads, neither directly nor through others.

    Example: lead-ml merge apart L1 L2 --by "Wang Li" --why "father and son"
    """
    from lead_ml.workflows.merge import Signature, keep_apart

    done = keep_apart(project, data, lead_a, lead_b, Signature(by, why))
    _done(done, catalog(lang), as_json=as_json)


@app.command()
def pin(
    lead: Annotated[str, typer.Argument(help="A lead of the person.")],
    field: Annotated[str, typer.Argument(help="Column of the leads.")],
    value: Annotated[
        str, typer.Argument(help="Value of the golden record; an empty text empties the field.")
    ],
    by: ByOption,
    why: WhyOption,
    project: ProjectOption = Path(),
    data: DataOption = None,
    lang: TextsOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Set a field of a person by hand, from now on and whatever its leads say.

    Example: lead-ml merge pin L1 phone +8613805712233 --by "Wang Li" --why "confirmed in a call"
    """
    from lead_ml.workflows.merge import Signature, pin_value

    done = pin_value(project, data, lead, field, value or None, Signature(by, why))
    _done(done, catalog(lang), as_json=as_json)


@app.command()
def undo(
    number: NumberArgument,
    by: ByOption,
    why: WhyOption,
    project: ProjectOption = Path(),
    lang: TextsOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Take back a merge, a pin, or that two leads are kept apart; all is as if it had never been decided.

    Example: lead-ml merge undo 12 --by "Wang Li" --why "two people share the phone"
    """
    from lead_ml.workflows.merge import Signature, undo_entry

    done = undo_entry(project, number, Signature(by, why))
    _done(done, catalog(lang), as_json=as_json)


@app.command()
def log(
    project: ProjectOption = Path(),
    verify: Annotated[bool, typer.Option("--verify", help="Only say whether the log is intact.")] = False,
    lang: TextsOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show every decision; the log is verified whenever it is read.

    Example: lead-ml merge log --verify
    """
    from lead_ml.workflows.merge import view_log

    found = view_log(project)
    plain = {name: getattr(found, name) for name in ("valid", "count", "hash", "notes")} if verify else found
    show(plain, lambda: print_log(found, catalog(lang), entries=not verify), as_json=as_json)


@app.command(name="show")
def show_lead(
    lead: Annotated[str, typer.Argument(help="Any lead of the person.")],
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_of: Annotated[str | None, typer.Option(help="ISO 8601 instant.", show_default="now")] = None,
    lang: TextsOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show the person that a lead is: its leads, its golden record with the origin of each value, its events and outcomes.

    Example: lead-ml merge show L2 --as-of 2026-06-30T00:00:00Z
    """
    from lead_ml.workflows.person import show_person

    found = show_person(project, data, lead, as_of)
    show(found, lambda: print_person(found, catalog(lang)), as_json=as_json)


def print_summary(found: MergeSummary, project: Path, texts: Catalog) -> None:
    """Print how many pairs were merged, and which were not and why."""
    tell(texts("merge.applied", count=len(found.entries), rows=found.rows))
    causes = dict.fromkeys(row.cause for row in found.skipped)
    for cause in causes:
        tell(texts(f"merge.skipped.{cause}", count=sum(row.cause == cause for row in found.skipped)))
    odd = [row for row in found.skipped if row.cause != "already"]
    if odd:
        heads = tuple(texts(f"merge.heads.{name}") for name in ("line", "a", "b", "reason"))
        rows = [(row.line, row.a, row.b, row.words) for row in odd[:MOST_SHOWN]]
        print_table(texts("merge.not_merged"), heads, rows)
    if len(odd) > MOST_SHOWN:
        say(texts("merge.more", count=len(odd) - MOST_SHOWN))
    tell(texts("merge.people", leads=found.leads, count=found.people))
    say(next_command("train", project))


def print_log(found: LogView, texts: Catalog, *, entries: bool = True) -> None:
    """Print the decisions, and whether the log is intact."""
    if entries and found.entries:
        heads = tuple(
            texts(f"merge.heads.{name}") for name in ("number", "at", "by", "decision", "why", "state")
        )
        rows = [
            (
                entry.number,
                entry.at,
                entry.by,
                _decision(entry, texts),
                entry.why,
                _state(entry, found, texts),
            )
            for entry in found.entries
        ]
        print_table(texts("merge.log"), heads, rows)
    for note in found.notes:
        say(note)
    if found.count:
        tell(texts("merge.intact", count=found.count, hash=found.hash))
    else:
        tell(texts("merge.empty"))


def print_person(found: ShownPerson, texts: Catalog) -> None:
    """Print the leads of a person, its golden record, and what happened to it, each row with its lead."""
    tell((texts("merge.person", person=found.person, count=len(found.members)), "bold"))
    tell(f"{', '.join(found.members)}\n")
    heads = tuple(texts(f"merge.heads.{name}") for name in ("field", "value", "rule", "origin", "since"))
    rows = [
        (name, item.value, texts(f"merge.rules.{item.rule}"), item.origin, item.since[:10])
        for name, item in found.golden.items()
    ]
    print_table(texts("merge.golden"), heads, rows)
    for name, table in (("outcomes", found.outcomes), ("events", found.events)):
        columns = tuple(texts(f"merge.heads.{head}") for head in ("known_at", "lead", "what"))
        last = [(_minute(row.known_at), row.lead_id, row.what) for row in table[-MOST_SHOWN:]]
        if last:
            more = texts("merge.last", shown=len(last)) if len(last) < len(table) else ""
            print_table(texts(f"merge.{name}", count=len(table)) + more, columns, last)
    for entry in found.entries:
        tell(f"{entry.number}: {_decision(entry, texts)} ({entry.by}, {_minute(entry.at)}: {entry.why})")


def _done(entry: LogEntry, texts: Catalog, *, as_json: bool) -> None:
    said = texts("merge.done", number=entry.number, decision=_decision(entry, texts))
    show(entry, lambda: tell(said), as_json=as_json)


def _decision(entry: LogEntry, texts: Catalog) -> str:
    from lead_ml.workflows.merge import decision_fields

    kind, fields = decision_fields(entry.decision)
    return texts(f"merge.decisions.{kind}", **fields)


def _state(entry: LogEntry, found: LogView, texts: Catalog) -> str:
    return texts("merge.undone", number=found.undone[entry.number]) if entry.number in found.undone else ""


def _minute(instant: str) -> str:
    """Shorten an ISO 8601 instant in UTC for a table.

    >>> _minute("2026-11-30T16:25:08Z")
    '2026-11-30 16:25'
    """
    return instant[:16].replace("T", " ")
