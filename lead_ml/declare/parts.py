"""The parts of derived declarations: whether they are complete, and the features of a customer profile."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from lead_ml.declare.derived import AllOf, Declaration, Interest, Lookup, Profile
from lead_ml.declare.feature import Attribute
from lead_ml.errors import DeclarationError

MISSING = "(missing)"  # the level of a customer profile for leads without a value


def part_name(item: Profile, operand: Declaration) -> str:
    """Return the name under which raw columns hold a part of a customer profile.

    Parameters
    ----------
    item
        The profile.
    operand
        One of its features.

    Returns
    -------
    str
        ``profile/feature``.

    Examples
    --------
    >>> city = Attribute(name="city", column="city", kind="category", en="City", zh="城市")
    >>> part_name(Profile(name="match", columns=("city",), en="Match", zh="匹配"), city)
    'match/city'
    """
    return f"{item.name}/{operand.name}"


def check_derived(item: Declaration) -> None:
    """Check a derived declaration, apart from its parts.

    Raises
    ------
    DeclarationError
        If it has too few parts, or a lookup names no file.
    """
    if isinstance(item, Lookup) and not item.file:
        raise DeclarationError(f"lookup {item.name} names no table", expected="the path of a CSV file")
    if isinstance(item, Interest) and len(item.tags) < 2:
        raise DeclarationError(f"interest {item.name}", value=item.tags, expected="at least two tags")
    if isinstance(item, AllOf) and len(item.of) < 2:
        raise DeclarationError(
            f"all_of {item.name}", value=[part.name for part in item.of], expected="at least two columns"
        )
    if isinstance(item, Profile) and (not item.columns or len(set(item.columns)) < len(item.columns)):
        raise DeclarationError(
            f"ideal customer {item.name}", value=item.columns, expected="names of features, each once"
        )


def with_columns(declarations: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Return the declarations, with the features of every customer profile filled in.

    Raises
    ------
    DeclarationError
        If a profile names a feature that does not exist or is not a category or ordinal of the lead.
    """
    named = {item.name: item for item in declarations}
    return tuple(_filled(item, named) if isinstance(item, Profile) else item for item in declarations)


def without(item: Declaration, barred: Callable[[Declaration], bool]) -> Declaration | None:
    """Return a declaration without what is barred, for example because of the columns that it reads.

    Parameters
    ----------
    item
        A declaration.
    barred
        Tells whether a declaration is barred.

    Returns
    -------
    Declaration or None
        None if it is barred; a customer profile keeps the features that are not barred.

    Examples
    --------
    >>> city = Attribute(name="city", column="city", kind="category", en="City", zh="城市")
    >>> without(city, lambda item: item.name == "city") is None
    True
    """
    if not barred(item):
        return item
    if not isinstance(item, Profile):
        return None
    of = tuple(part for part in item.of if not barred(part))
    return msgspec.structs.replace(item, of=of, columns=tuple(part.name for part in of)) if of else None


def _filled(profile: Profile, named: dict[str, Declaration]) -> Profile:
    if profile.of and not set(profile.columns) <= set(named):
        return profile  # of a bundle, beside a part of its features
    found: list[Attribute | Lookup | AllOf] = []
    for name in profile.columns:
        item = named.get(name)
        ordered = isinstance(item, Attribute) and item.kind != "number"
        if not ordered and not isinstance(item, Lookup | AllOf):
            raise DeclarationError(
                f"ideal customer {profile.name} needs categories and ordinals of the lead",
                value=name,
                expected="names of such features",
            )
        assert isinstance(item, Attribute | Lookup | AllOf)
        found.append(item)
    return msgspec.structs.replace(profile, of=tuple(found))
