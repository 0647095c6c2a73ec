"""Features derived from others, and functions on any declaration."""

from __future__ import annotations

import msgspec

from lead_ml.declare.aggregate import EVERYONE, LEAD_STREAMS, Aggregate, Rate
from lead_ml.declare.feature import Age, Attribute, Clock, Feature


class Ratio(Feature, frozen=True, kw_only=True, tag="ratio"):
    """One declared number divided by another; missing if either is missing or the divisor is 0.

    Parameters
    ----------
    over, under
        Declared numbers.

    Examples
    --------
    >>> age = Age(name="age", en="Age", zh="天数")
    >>> Ratio(name="one", over=age, under=age, en="One", zh="比值").under.name
    'age'
    """

    over: Attribute | Aggregate | Age
    under: Attribute | Aggregate | Age


class Difference(Feature, frozen=True, kw_only=True, tag="difference"):
    """One declared number minus another; missing if either is missing.

    Parameters
    ----------
    first, second
        Declared numbers.

    Examples
    --------
    >>> age = Age(name="age", en="Age", zh="天数")
    >>> Difference(name="zero", first=age, second=age, en="Zero", zh="差值").first.name
    'age'
    """

    first: Attribute | Aggregate | Age
    second: Attribute | Aggregate | Age


class Lookup(Feature, frozen=True, kw_only=True, tag="lookup"):
    """The label that a table of the project gives to a value of the lead, as a category.

    Parameters
    ----------
    of
        The attribute that is looked up.
    file
        Path of the table, relative to the project.
    otherwise
        Label of values that are not in the table; empty for missing.
    table
        Content of the table, from :func:`lead_ml.declare.spelling` to label, read when the project is loaded, so that a
        bundle contains it.

    Examples
    --------
    >>> city = Attribute(name="city", column="city", kind="category", en="City", zh="城市")
    >>> Lookup(name="tier", of=city, file="tables/tiers.csv", en="City tier", zh="城市级别").table
    {}
    """

    of: Attribute
    file: str
    otherwise: str = ""
    table: dict[str, str] = msgspec.field(default_factory=dict)


class AllOf(Feature, frozen=True, kw_only=True, tag="all_of"):
    """Whether several attributes all have accepted values: ``true``, ``false`` or missing.

    Parameters
    ----------
    of
        The attributes.
    values
        ``values[k]`` are the values accepted for ``of[k]``; none accepts any value. A value that is not accepted makes
        the feature ``false``; otherwise a missing value of an attribute with accepted values makes it missing.

    Examples
    --------
    >>> city = Attribute(name="city", column="city", kind="category", en="City", zh="城市")
    >>> AllOf(name="both", of=(city, city), values=(("Paris",), ()), en="Both", zh="同时满足").values
    (('Paris',), ())
    """

    of: tuple[Attribute, ...]
    values: tuple[tuple[str, ...], ...]


class Interest(Feature, frozen=True, kw_only=True, tag="interest"):
    """The topic whose events weigh most, as a category; missing while no topic has an event.

    Parameters
    ----------
    tags
        The topics; of equal weights the first counts.
    of
        The decayed count behind each topic.

    Examples
    --------
    >>> views = Aggregate(name="v", stream="events", aggregation="decayed_sum", half_life=1, en="Views", zh="浏览")
    >>> Interest(name="topic", tags=("a", "b"), of=(views, views), en="Topic", zh="关注主题").tags
    ('a', 'b')
    """

    tags: tuple[str, ...]
    of: tuple[Aggregate, ...]


class Profile(Feature, frozen=True, kw_only=True, tag="profile"):
    """Agreement with the ideal customer profile: the sum of the points of the values of several features.

    The points are learned from outcomes inside the fit window (:mod:`lead_ml.model.icp`); until a model is fitted the
    feature is missing.

    Parameters
    ----------
    columns
        Names of other features.
    of
        Those features, filled in by :func:`lead_ml.declare.validated`.

    Examples
    --------
    >>> Profile(name="match", columns=("industry",), en="Profile match", zh="画像匹配").of
    ()
    """

    columns: tuple[str, ...]
    of: tuple[Attribute | Lookup | AllOf, ...] = ()


Declaration = (
    Attribute | Aggregate | Age | Clock | Ratio | Difference | Rate | Lookup | AllOf | Interest | Profile
)


def operands(item: Feature) -> tuple[Declaration, ...]:
    """Return the declarations that another one is derived from.

    Parameters
    ----------
    item
        A declaration.

    Returns
    -------
    tuple
        In order; empty for a declaration that is not derived.

    Examples
    --------
    >>> age = Age(name="age", en="Age", zh="天数")
    >>> operands(Ratio(name="one", over=age, under=age, en="One", zh="比值")) == (age, age)
    True
    """
    if isinstance(item, Ratio):
        return item.over, item.under
    if isinstance(item, Difference):
        return item.first, item.second
    if isinstance(item, Lookup):
        return (item.of,)
    return item.of if isinstance(item, AllOf | Interest | Profile) else ()


def is_category(item: Declaration) -> bool:
    """Tell whether the values of a feature are texts.

    Parameters
    ----------
    item
        A declaration.

    Returns
    -------
    bool
        False for numbers and ordinals.

    Examples
    --------
    >>> is_category(Age(name="age", en="Age", zh="天数"))
    False
    """
    if isinstance(item, Attribute):
        return item.kind == "category"
    if isinstance(item, Aggregate):
        return item.aggregation in ("first", "last")
    if isinstance(item, Clock):
        return item.part == "weekday"
    return isinstance(item, Lookup | AllOf | Interest)


def reads_clock(item: Declaration) -> bool:
    """Tell whether a feature depends on the calendar, so that shifting all times may change it.

    Parameters
    ----------
    item
        A declaration.

    Returns
    -------
    bool
        True for :class:`Clock`, for ``active_days``, and for what is derived from them.

    Examples
    --------
    >>> reads_clock(Clock(name="created_hour", part="hour", en="Hour", zh="时段"))
    True
    """
    if any(map(reads_clock, operands(item))):
        return True
    return isinstance(item, Clock) or (isinstance(item, Aggregate) and item.aggregation == "active_days")


def reads(item: Declaration) -> set[str]:
    """Return the lead columns that a feature reads.

    Parameters
    ----------
    item
        A declaration.

    Returns
    -------
    set of str
        Without ``lead_id``.

    Examples
    --------
    >>> reads(Attribute(name="industry", column="industry", kind="category", en="Industry", zh="行业"))
    {'industry'}
    """
    if isinstance(item, Attribute):
        found = {item.column}
    elif isinstance(item, Aggregate):
        own = {*item.where, *item.ranges, *item.among, item.of} if item.stream in LEAD_STREAMS else set()
        found = {item.key.split(":")[0], *own}
    elif isinstance(item, Rate):
        found = {item.key.split(":")[0], *item.where}
    else:
        found = set().union(*map(reads, operands(item)))
    return found - {"lead_id", EVERYONE, ""}
