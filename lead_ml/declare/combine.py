"""Declare features derived from others, look-ups in tables of the project, and the ideal customer profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from lead_ml.declare.attributes import default_name
from lead_ml.declare.feature import (
    Age,
    Aggregate,
    AllOf,
    Attribute,
    Difference,
    Interest,
    Lookup,
    PairRule,
    Profile,
    Ratio,
    Wording,
)
from lead_ml.declare.streams import Allowed, events

Number = Attribute | Aggregate | Age
GIVEN = ()


def ratio(name: str, over: Number, under: Number, **words: Unpack[Wording]) -> Ratio:
    """Declare one number divided by another; missing if either is missing or `under` is 0.

    Parameters
    ----------
    name, **words
        See :func:`category`.
    over, under
        Declared numbers.

    Returns
    -------
    Ratio

    Examples
    --------
    >>> views = events(type="page_view").count("views", en="Page views", zh="浏览次数")
    >>> ratio("views_per_day", views, lead_age(), en="Page views per day", zh="日均浏览次数").over.name
    'views'
    """
    return Ratio(name=name, over=over, under=under, **words)


def difference(name: str, first: Number, second: Number, **words: Unpack[Wording]) -> Difference:
    """Declare one number minus another; missing if either is missing.

    Parameters
    ----------
    name, **words
        See :func:`category`.
    first, second
        Declared numbers; the value is `first` - `second`.

    Returns
    -------
    Difference

    Examples
    --------
    >>> budget, price = number("budget", en="Budget", zh="预算"), number("price", en="Price", zh="报价")
    >>> difference("budget_left", budget, price, en="Budget left", zh="剩余预算").second.name
    'price'
    """
    return Difference(name=name, first=first, second=second, **words)


def lookup(
    column: str, file: str, *, name: str = "", otherwise: str = "", **words: Unpack[Wording]
) -> Lookup:
    """Declare the label that a table of the project gives to a value, as a category.

    Letter case, width and spaces of the value do not matter.

    Parameters
    ----------
    column
        Lead column, or ``column:transform``, as in ``email:domain``.
    file
        Path of a CSV file in UTF-8, relative to the project. Lines that begin with ``#`` are comments and the first row is the
        header. The last cell of a row is the label; the cells before it are spellings of one value.
    name
        Name of the feature. Default: the column, followed by the transform and ``label``.
    otherwise
        Label of values that are not in the table. Default: they are missing.
    **words
        See :func:`category`.

    Returns
    -------
    Lookup

    Examples
    --------
    >>> lookup("city", "tables/city_tiers.csv", en="City tier", zh="城市级别").name
    'city_label'
    """
    of = _condition(column)
    name = name or f"{default_name(of.column, of.transform)}_label"
    return Lookup(name=name, of=of, file=file, otherwise=otherwise, **words)


def all_of(name: str, conditions: Mapping[str, str | Sequence[str]], **words: Unpack[Wording]) -> AllOf:
    """Declare whether several columns all have the required values, as a category.

    It is ``false`` if a value is not accepted, else missing if a value is missing, else ``true``.

    Parameters
    ----------
    name, **words
        See :func:`category`.
    conditions
        Two columns or more, or ``column:transform``, with the values that are accepted. ``GIVEN`` accepts any value.

    Returns
    -------
    AllOf

    Examples
    --------
    >>> person = {"email:free_mail": "true", "company": GIVEN}
    >>> all_of("free_mail_with_company", person, en="Free mail with a company", zh="个人邮箱但填写公司").values
    (('true',), ())
    """
    values = tuple((asked,) if isinstance(asked, str) else tuple(asked) for asked in conditions.values())
    return AllOf(name=name, of=tuple(map(_condition, conditions)), values=values, **words)


def compare(name: str, first: str, second: str, *, rule: str, **words: Unpack[Wording]) -> PairRule:
    """Declare what two columns say about each other, as a category; missing if either is missing or the rule cannot tell.

    Parameters
    ----------
    name, **words
        See :func:`category`.
    first, second
        Lead columns, in the order of the rule.
    rule
        Name of a comparison of :mod:`lead_ml.clean`: ``"phone_in_country"`` of a phone number and a country, or
        ``"name_in_email"`` of a name and an address, which needs the extra ``leads`` for Chinese names.

    Returns
    -------
    PairRule

    Examples
    --------
    >>> compare("phone_at_home", "phone", "country", rule="phone_in_country", en="Phone of the country", zh="电话与国家一致").rule
    'phone_in_country'
    """
    return PairRule(name=name, of=(_condition(first), _condition(second)), rule=rule, **words)


def interest(
    name: str,
    tags: Mapping[str, Mapping[str, Allowed]],
    *,
    half_life: str,
    by: str = "lead_id",
    **words: Unpack[Wording],
) -> Interest:
    """Declare the topic that the lead's events show most interest in, as a category; missing without such events.

    Parameters
    ----------
    name, **words
        See :func:`category`.
    tags
        Two topics or more, each with a filter of events as :func:`events` takes it; of equal weights the first counts.
    half_life
        Time in which the weight of an event halves, such as ``"14d"``; another text raises DeclarationError.
    by
        Key whose events count: a lead column, or ``column:transform``.

    Returns
    -------
    Interest

    Examples
    --------
    >>> topics = {"pricing": {"page": ("pricing", "plans")}, "docs": {"page": "docs"}}
    >>> interest("topic", topics, half_life="14d", en="Main topic", zh="关注主题").tags
    ('pricing', 'docs')
    """
    parts = tuple(
        events(by=by, **where).decayed_sum(f"{name}_{k}", half_life=half_life, en=tag, zh=tag)
        for k, (tag, where) in enumerate(tags.items())
    )
    return Interest(name=name, tags=tuple(tags), of=parts, **words)


def ideal_customer(name: str, *, of: Sequence[str], **words: Unpack[Wording]) -> Profile:
    """Declare agreement with the ideal customer profile, in points, learned from the leads that converted.

    A value that is twice as common among converted leads as among all leads scores 6 points; values of few leads score close to 0.
    ``lead-ml profile`` prints the points.

    Parameters
    ----------
    name, **words
        See :func:`category`.
    of
        Names of categories and ordinals of the lead that are declared beside it; their points are added.

    Returns
    -------
    Profile

    Examples
    --------
    >>> ideal_customer("profile_points", of=["industry", "country"], en="Profile match", zh="客户画像匹配").unit
    'points'
    """
    words.setdefault("unit", "points")
    return Profile(name=name, columns=tuple(of), **words)


def _condition(column: str) -> Attribute:
    name, _, transform = column.partition(":")
    return Attribute(name=column, column=name, kind="category", transform=transform, en=name, zh=name)
