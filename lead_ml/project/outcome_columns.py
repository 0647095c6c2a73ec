"""The lead columns that say how a lead ended, which no feature may read: they hold the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lead_ml.declare import Declaration, reads
from lead_ml.errors import DeclarationError
from lead_ml.project.params import Params, TableParams
from lead_ml.project.schema import OUTCOMES, known_at_of, sources_of
from lead_ml.project.targets import Column, ModelSpec


def outcome_columns(params: Params, specs: Iterable[ModelSpec]) -> Mapping[str, str]:
    """Return the columns that define a target, a closing or an outcome, by our name, each with where it does."""
    found = {}
    if params.data.outcomes is not None and _place(params.data.outcomes) == _place(params.data.leads):
        ours = {theirs: name for name, theirs in params.data.leads.columns.items()}
        roles = (role.name for role in OUTCOMES if role.name not in ("lead_id", "outcome_id"))
        given = {role: params.data.outcomes.columns.get(role, role) for role in roles}
        found = {ours.get(theirs, theirs): f"data.outcomes.columns.{role}" for role, theirs in given.items()}
    found |= dict.fromkeys(params.closing.columns, "closing")
    targets = {spec.name: spec.target for spec in specs}
    own = {t.column: f"the target of models/{n}.py" for n, t in targets.items() if isinstance(t, Column)}
    return found | own


def check_outcome_columns(
    declarations: Iterable[Declaration], params: Params, specs: Iterable[ModelSpec]
) -> None:
    """Raise DeclarationError if a feature would be allowed to read a column that says how a lead ended.

    A status with a table of its changes may be read as it was before ``as_of``, unless it defines a target.
    """
    ends = outcome_columns(params, specs)
    for item in declarations:
        columns = {name for column in reads(item) for name in sources_of(column, params)}
        for name in sorted(columns & ends.keys()):
            known_at = known_at_of(name, params)
            dated = known_at == "history" and not ends[name].startswith("the target")
            if name in params.trust or (known_at != "current" and not dated):
                raise DeclarationError(
                    f"the feature {item.name} reads {name}, which says how a lead ended ({ends[name]})",
                    value="trusted" if name in params.trust else f"known_at: {known_at}",
                    expected="features that were known before the outcome",
                    do=f"remove the feature, and take {name} out of known_at and trust",
                )


def _place(table: TableParams) -> tuple[object, ...]:
    return (table.path, table.url, table.table, table.query)
