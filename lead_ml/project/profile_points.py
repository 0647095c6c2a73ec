"""Points of the ideal customer profile that are set by hand in ``params.yaml``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from lead_ml.declare import MISSING, Attribute, Declaration, Profile
from lead_ml.errors import ParamsError


def check_points(points: Mapping[str, Mapping[str, float]], declarations: Sequence[Declaration]) -> None:
    """Check that points are about columns of a declared profile, and levels of an ordinal; a ParamsError lists those."""
    profiles = [item for item in declarations if isinstance(item, Profile)]
    if points and not profiles:
        raise ParamsError(
            "conversion.profile sets points, but no ideal_customer is declared",
            do="declare one in features/, or remove the points",
        )
    columns = {part.name: part for item in profiles for part in item.of}
    for name, values in points.items():
        if name not in columns:
            raise _unknown("conversion.profile", name, columns)
        part = columns[name]
        if isinstance(part, Attribute) and part.kind == "ordinal":
            levels = (*part.levels, MISSING)
            for value in values:
                if value not in levels:
                    raise _unknown(f"conversion.profile.{name}", value, levels)


def _unknown(place: str, name: str, known: Iterable[str]) -> ParamsError:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]}?" if near else ""
    return ParamsError(f"{place}: unknown {name!r}", expected=f"one of {', '.join(known)}", do=hint)
