"""What was understood of every column, for the table that ``lead-ml init`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lead_ml.init.dates import dated
from lead_ml.init.leads import LeadsDraft
from lead_ml.init.profile import Profile
from lead_ml.init.tables import TableDraft

_EXAMPLES = 3
_CUT = 16


@dataclass(frozen=True)
class ColumnDraft:
    """A column of the export: the role it plays (``-`` for none), what it holds, the share of rows filled, and examples.

    ``known_at`` is ``creation`` or ``current`` for columns of leads that are no role, else empty.
    """

    table: str
    column: str
    role: str
    type: str
    fill: float
    distinct: int
    known_at: str
    examples: tuple[str, ...]


def described(table: TableDraft, leads: LeadsDraft, known_at: Mapping[str, str]) -> Iterator[ColumnDraft]:
    """Yield the columns of a table in their order in the file; of outcomes that stand in the leads file only its own."""
    ours = {theirs: name for name, theirs in table.columns.items()}
    target = leads.target
    for name, profile in table.source.profiles.items():
        role = ours.get(name, "-")
        if table.name == "outcomes" and target.kind == "dated" and role in ("-", "lead_id"):
            continue
        if table.name == "leads" and target.kind == "column" and name == target.column:
            role = "outcome"
        known = known_at.get(name, "") if table.name == "leads" else ""
        yield ColumnDraft(
            table.name,
            name,
            role,
            kind_of(profile),
            profile.fill,
            profile.distinct,
            known,
            _examples(profile),
        )


def kind_of(profile: Profile) -> str:
    """Name what a column holds."""
    moments = dated(profile)
    if moments is not None:
        return f"date ({moments.spelling})" if moments.spelling else "date"
    for what in ("email", "ip"):
        if profile.shares[what] >= 0.5:
            return what
    if not profile.filled:
        return "empty"
    if profile.distinct == 2:
        return "two values"
    if profile.unique and (profile.shares["whole"] >= 0.98 or not profile.numeric):
        return "id or text"
    return "number" if profile.numeric else "category" if profile.distinct <= 120 else "text"


def _examples(profile: Profile) -> tuple[str, ...]:
    texts = [text for text, _ in profile.values[:_EXAMPLES]]
    return tuple(text if len(text) <= _CUT else text[: _CUT - 1] + "…" for text in texts)
