"""Which columns of the streams a set of plans reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lead_ml.asof.kernel import Plan
from lead_ml.cluster.layout.tables import EVENTS, OF_LEAD, OF_PART, OUTCOMES
from lead_ml.declare import STREAM_NUMBERS

_ALWAYS = ("lead_id", "known_at", "occurred_at", "created_at")


@dataclass(frozen=True)
class Need:
    """Columns by table beside the lead and the instants; ``ties`` where event_id decides the order of rows that tie.

    Of the columns ``told`` by table the values are only told apart within a lead. Leads and their changes are read whole: there
    are few.
    """

    events: frozenset[str]
    outcomes: frozenset[str]
    ties: bool
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of_plans(cls, plans: Sequence[Plan]) -> Need:
        """Return what the plans read."""
        read: dict[str, set[str]] = {EVENTS: set(), OUTCOMES: set()}
        told: dict[str, set[str]] = {EVENTS: set(), OUTCOMES: set()}
        for plan in plans:
            if plan.stream == "conversions":
                read[OUTCOMES].add("stage")
            elif plan.stream in read:
                read[plan.stream] |= _read_by(plan)
                told[plan.stream] |= _told_by(plan)
        ties = any(plan.order_matters for plan in plans)
        only = {table: frozenset(names - read[table]) for table, names in told.items()}
        return cls(frozenset(read[EVENTS]), frozenset(read[OUTCOMES]), ties, only)

    def of(
        self,
        table: str,
        names: Collection[str],
        *,
        may_tie: bool = True,
        whole: bool = False,
        standing_in: Collection[str] = (),
    ) -> list[str]:
        """Return which of a table's columns `names` are read, in their order.

        Those `standing_in` for another, see :class:`lead_ml.cluster.layout.manifest.Part`, are read in its place; the numbers of texts
        within a lead only where `names` hold all rows of their leads, which is `whole`.
        """
        if table not in (EVENTS, OUTCOMES):
            return [name for name in names if name not in standing_in]
        wanted = {*_ALWAYS, *(self.events if table == EVENTS else self.outcomes)}
        if self.ties and may_tie:
            wanted.add("event_id")
        told = self.told.get(table, frozenset())
        quick = {name: name + OF_LEAD for name in told if whole and name + OF_LEAD in standing_in}
        quick |= {name: name + OF_PART for name in wanted | told if name + OF_PART in standing_in}
        wanted = {quick.get(name, name) for name in wanted | told}
        return [name for name in names if name in wanted]


def _read_by(plan: Plan) -> set[str]:
    texts = {name for item in plan.filters for name, _ in item.texts}
    numbers = {name for item in plan.filters for name, _ in item.ranges} | {*plan.value_columns}
    shown = {*plan.shown_columns} | ({*plan.distinct_columns} - _told_by(plan))
    # Rows enter the stream of a shared key with its lead or later, so some tie there that do not tie in the table.
    ids = {"event_id"} if plan.order_matters and plan.key != "lead_id" else set[str]()
    return texts | shown | ids | (numbers & {STREAM_NUMBERS[plan.stream]})


def _told_by(plan: Plan) -> set[str]:
    return {*plan.distinct_columns} if plan.key == "lead_id" else set()
