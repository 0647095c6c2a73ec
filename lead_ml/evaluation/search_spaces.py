"""What ``lead-ml tune`` searches: the parameters of each candidate and their ranges, in one place.

A project changes the ranges with ``search={...}`` in ``models/*.py``; a candidate without a space cannot be tuned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lead_ml.errors import DeclarationError
from lead_ml.project.params import TargetParams
from lead_ml.project.targets import Candidate, ModelSpec, Uniform


@dataclass(frozen=True)
class SearchSpace:
    """Ranges by parameter, and the parameters that are ``fixed`` while these are searched."""

    ranges: Mapping[str, Uniform]
    fixed: Mapping[str, Any] = field(default_factory=dict)


SPACES: Mapping[Candidate, SearchSpace] = {
    "logistic": SearchSpace({"l2": Uniform(0.3, 1_000.0, log=True)}, fixed={"l2_search": ()}),
    "lightgbm": SearchSpace(
        {
            "rounds": Uniform(60, 400, log=True, whole=True),
            "learning_rate": Uniform(0.01, 0.1, log=True),
            "num_leaves": Uniform(4, 32, log=True, whole=True),
            "min_data_in_leaf": Uniform(20, 200, log=True, whole=True),
            "feature_fraction": Uniform(0.2, 1.0),
            "lambda_l2": Uniform(0.1, 30.0, log=True),
        }
    ),
}


def space_of(spec: ModelSpec, candidate: Candidate) -> SearchSpace:
    """Return the search space of a candidate: the model's own ranges of its parameters, else the default ones."""
    if candidate not in SPACES:
        raise DeclarationError(
            f"the {candidate} of model {spec.name} has no parameters to search",
            expected=f"one of {', '.join(SPACES)}",
        )
    known = {name: parameters_of(name) for name in SPACES}
    stray = sorted(set(spec.search) - {name for names in known.values() for name in names})
    if stray:
        raise DeclarationError(
            f"search of model {spec.name}",
            value=stray,
            expected="; ".join(f"{name}: {', '.join(names)}" for name, names in known.items()),
        )
    own = {name: space for name, space in spec.search.items() if name in known[candidate]}
    default = SPACES[candidate]
    return SearchSpace(own, default.fixed) if own else default


def parameters_of(candidate: Candidate) -> tuple[str, ...]:
    """Return the numeric parameters that ``params.yaml`` knows of a candidate."""
    section = getattr(TargetParams(), candidate)
    return tuple(name for name, value in section if isinstance(value, int | float) and value is not True)
