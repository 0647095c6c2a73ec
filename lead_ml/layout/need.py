"""Which columns of the streams a set of plans reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lead_ml.declare import STREAM_NUMBERS
from lead_ml.kernel import Plan
from lead_ml.layout.tables import EVENTS, OUTCOMES

_ALWAYS = ("lead_id", "known_at", "occurred_at", "created_at")


@dataclass(frozen=True)
class Need:
    """Columns by table beside the lead and the instants; ``ties`` where event_id decides the order of rows that tie.

    Leads and their changes are read whole: there are few.
    """

    events: frozenset[str]
    outcomes: frozenset[str]
    ties: bool

    @classmethod
    def of_plans(cls, plans: Sequence[Plan]) -> Need:
        """Return what the plans read."""
        read: dict[str, set[str]] = {EVENTS: set(), OUTCOMES: set()}
        for plan in plans:
            if plan.stream == "conversions":
                read[OUTCOMES].add("stage")
            elif plan.stream in read:
                read[plan.stream] |= _read_by(plan)
        ties = any(plan.order_matters for plan in plans)
        return cls(frozenset(read[EVENTS]), frozenset(read[OUTCOMES]), ties)

    def of(self, table: str, names: Iterable[str], *, may_tie: bool = True) -> list[str]:
        """Return which of a table's columns `names` are read, in their order."""
        if table not in (EVENTS, OUTCOMES):
            return list(names)
        wanted = {*_ALWAYS, *(self.events if table == EVENTS else self.outcomes)}
        if self.ties and may_tie:
            wanted.add("event_id")
        return [name for name in names if name in wanted]


def _read_by(plan: Plan) -> set[str]:
    texts = {name for item in plan.filters for name, _ in item.texts}
    numbers = {name for item in plan.filters for name, _ in item.ranges} | {*plan.value_columns}
    shown = {*plan.distinct_columns, *plan.shown_columns}
    # Rows enter the stream of a shared key with its lead or later, so some tie there that do not tie in the table.
    ids = {"event_id"} if plan.order_matters and plan.key != "lead_id" else set[str]()
    return texts | shown | ids | (numbers & {STREAM_NUMBERS[plan.stream]})
