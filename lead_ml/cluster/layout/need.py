"""Which columns of the events a plan reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lead_ml.asof.kernel import Plan
from lead_ml.cluster.layout.manifest import INSTANTS, OF_LEAD, OF_PART

_ALWAYS = ("lead_id", *INSTANTS)


@dataclass(frozen=True)
class Need:
    """Columns beside the lead and the instants.

    ``ties`` says whether event_id decides the order of events that tie; of the columns ``distinct`` only the number of different
    values within a lead is asked.
    """

    columns: frozenset[str] = frozenset()
    ties: bool = False
    distinct: frozenset[str] = frozenset()

    @classmethod
    def of_plan(cls, plan: Plan) -> Need:
        """Return what a plan over events reads."""
        if plan.key == "lead_id":
            return cls(plan.columns, plan.order_matters, frozenset(plan.distinct_columns) - plan.columns)
        # Events enter the stream of a shared key with their lead or later, so some tie there that do not tie here.
        ids = ("event_id",) if plan.order_matters else ()
        return cls(plan.columns.union(plan.distinct_columns, ids), plan.order_matters)

    def of(
        self,
        names: Collection[str],
        may_tie: bool = True,
        whole: bool = False,
        standing_in: Collection[str] = (),
    ) -> list[str]:
        """Return which of the columns `names` are read, in their order.

        Those `standing_in` for another, see :class:`lead_ml.cluster.layout.manifest.LayoutPart`, are read in its place; the numbers of texts
        within a lead only where `names` hold all events of their leads, which is `whole`.
        """
        wanted = {*_ALWAYS, *self.columns}
        if self.ties and may_tie:
            wanted.add("event_id")
        quick = {name: name + OF_LEAD for name in self.distinct if whole and name + OF_LEAD in standing_in}
        quick |= {name: name + OF_PART for name in wanted | self.distinct if name + OF_PART in standing_in}
        wanted = {quick.get(name, name) for name in wanted | self.distinct}
        return [name for name in names if name in wanted]
