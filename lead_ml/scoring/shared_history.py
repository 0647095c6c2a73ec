"""The history of keys that many leads share, as a bundle holds it: personal keys under pseudonyms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from lead_ml.asof.join import shared_plans
from lead_ml.asof.kernel import (
    HistorySnapshot,
    Plan,
    compile_plans,
    found_by_pseudonyms,
    is_personal,
    under_pseudonyms,
)
from lead_ml.declare import Declaration
from lead_ml.project.secret_key import SecretKey
from lead_ml.tables.dataset import Extra


@dataclass(frozen=True)
class SharedHistory:
    """History snapshots by the name of their plan, and the last rows of extra tables by name."""

    reference: Mapping[str, HistorySnapshot]
    extra: Mapping[str, Extra]

    def is_personal(self, declarations: Sequence[Declaration], personal: Collection[str]) -> bool:
        """Tell whether any key or value of it is personal data."""
        plans = _plans(declarations).values()
        return any(is_personal(plan, personal) for plan in plans) or any(
            _personal(table, personal) for table in self.extra.values()
        )

    def hidden(
        self, declarations: Sequence[Declaration], personal: Collection[str], key: SecretKey
    ) -> SharedHistory:
        """Return the history with pseudonyms in place of personal data."""
        return self._each(
            declarations,
            personal,
            lambda plan, snapshot: under_pseudonyms(plan, snapshot, personal, key.pseudonym),
            lambda table: table.under_pseudonyms(key.pseudonym),
        )

    def found_by(
        self, declarations: Sequence[Declaration], personal: Collection[str], key: SecretKey
    ) -> SharedHistory:
        """Return a history of pseudonyms, as read from files, so that the values of a request are found by theirs."""
        return self._each(
            declarations,
            personal,
            lambda plan, snapshot: found_by_pseudonyms(plan, snapshot, personal, key.pseudonym),
            lambda table: replace(table, pseudonym=key.pseudonym),
        )

    def _each(
        self,
        declarations: Sequence[Declaration],
        personal: Collection[str],
        of_snapshot: Callable[[Plan, HistorySnapshot], HistorySnapshot],
        of_table: Callable[[Extra], Extra],
    ) -> SharedHistory:
        plans = _plans(declarations)
        return SharedHistory(
            {name: of_snapshot(plans[name], snapshot) for name, snapshot in self.reference.items()},
            {
                name: of_table(table) if _personal(table, personal) else table
                for name, table in self.extra.items()
            },
        )


def _personal(table: Extra, personal: Collection[str]) -> bool:
    return table.key.partition(":")[0] in personal


def _plans(declarations: Sequence[Declaration]) -> dict[str, Plan]:
    return {plan.name: plan for plan in shared_plans(compile_plans(declarations))}
