"""Declare features derived from others, look-ups in tables of the project, and the ideal customer profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lead_ml.declare.aggregate import Aggregate
from lead_ml.declare.attributes import default_name
from lead_ml.declare.derived import AllOf, Difference, Interest, Lookup, Profile, Ratio
from lead_ml.declare.feature import Age, Attribute
from lead_ml.declare.streams import Allowed, events

Number = Attribute | Aggregate | Age
GIVEN = ()


def ratio(
    name: str, over: Number, under: Number, *, en: str, zh: str, unit: str = "", group: str = ""
) -> Ratio:
    """Declare one number divided by another.

    Parameters
    ----------
    name
        Name of the feature.
    over, under
        Declared numbers.
    en, zh
        Wording in English and Chinese.
    unit
        ``"days"``, ``"share"``, a currency, or nothing.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Ratio
        Missing if either number is missing or `under` is 0.

    Examples
    --------
    >>> views = events(type="page_view").count("views", en="Page views", zh="浏览次数")
    >>> ratio("views_per_day", views, lead_age(), en="Page views per day", zh="日均浏览次数").over.name
    'views'
    """
    return Ratio(name=name, over=over, under=under, en=en, zh=zh, unit=unit, group=group)


def difference(
    name: str, first: Number, second: Number, *, en: str, zh: str, unit: str = "", group: str = ""
) -> Difference:
    """Declare one number minus another.

    Parameters
    ----------
    name
        Name of the feature.
    first, second
        Declared numbers; the value is `first` - `second`.
    en, zh
        Wording in English and Chinese.
    unit
        ``"days"``, ``"share"``, a currency, or nothing.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Difference
        Missing if either number is missing.

    Examples
    --------
    >>> budget, price = number("budget", en="Budget", zh="预算"), number("price", en="Price", zh="报价")
    >>> difference("budget_left", budget, price, en="Budget left", zh="剩余预算").second.name
    'price'
    """
    return Difference(name=name, first=first, second=second, en=en, zh=zh, unit=unit, group=group)


def lookup(
    column: str, file: str, *, en: str, zh: str, name: str = "", otherwise: str = "", group: str = ""
) -> Lookup:
    """Declare the label that a table of the project gives to a value.

    Parameters
    ----------
    column
        Lead column, or ``column:transform``, as in ``email:domain``.
    file
        Path of a CSV file in UTF-8, relative to the project. Lines that begin with ``#`` are comments and the first row is the
        header. The last cell of a row is the label; the cells before it are spellings of one value.
    en, zh
        Wording in English and Chinese.
    name
        Name of the feature. Default: the column, followed by the transform and ``label``.
    otherwise
        Label of values that are not in the table. Default: they are missing.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Lookup
        A category. Letter case, width and spaces do not matter.

    Examples
    --------
    >>> lookup("city", "tables/city_tiers.csv", en="City tier", zh="城市级别").name
    'city_label'
    """
    of = _condition(column)
    return Lookup(
        name=name or f"{default_name(of.column, of.transform)}_label",
        of=of,
        file=file,
        otherwise=otherwise,
        en=en,
        zh=zh,
        group=group,
    )


def all_of(
    name: str, conditions: Mapping[str, str | Sequence[str]], *, en: str, zh: str, group: str = ""
) -> AllOf:
    """Declare whether several columns all have the required values.

    Parameters
    ----------
    name
        Name of the feature.
    conditions
        Two columns or more, or ``column:transform``, with the values that are accepted. ``GIVEN`` accepts any value.
    en, zh
        Wording in English and Chinese.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    AllOf
        A category: ``false`` if a value is not accepted, else missing if a value is missing, else ``true``.

    Examples
    --------
    >>> person = {"email:free_mail": "true", "company": GIVEN}
    >>> all_of("free_mail_with_company", person, en="Free mail with a company", zh="个人邮箱但填写公司").values
    (('true',), ())
    """
    values = tuple((asked,) if isinstance(asked, str) else tuple(asked) for asked in conditions.values())
    return AllOf(name=name, of=tuple(map(_condition, conditions)), values=values, en=en, zh=zh, group=group)


def interest(
    name: str,
    tags: Mapping[str, Mapping[str, Allowed]],
    *,
    half_life: str,
    by: str = "lead_id",
    en: str,
    zh: str,
    group: str = "",
) -> Interest:
    """Declare the topic that the lead's events show most interest in.

    Parameters
    ----------
    name
        Name of the feature.
    tags
        Two topics or more, each with a filter of events as :func:`events` takes it.
    half_life
        Time in which the weight of an event halves, such as ``"14d"``.
    by
        Key whose events count: a lead column, or ``column:transform``.
    en, zh
        Wording in English and Chinese.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Interest
        A category: the topic with the largest weight, the first declared of equal ones; missing without such events.

    Raises
    ------
    DeclarationError
        If `half_life` is not a length of time.

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
    return Interest(name=name, tags=tuple(tags), of=parts, en=en, zh=zh, group=group)


def ideal_customer(name: str, *, of: Sequence[str], en: str, zh: str, group: str = "") -> Profile:
    """Declare agreement with the ideal customer profile, in points, learned from the leads that converted.

    A value that is twice as common among converted leads as among all leads scores 6 points; values of few leads score close to 0.
    ``lead-ml profile`` prints the points.

    Parameters
    ----------
    name
        Name of the feature.
    of
        Names of categories and ordinals of the lead that are declared beside it.
    en, zh
        Wording in English and Chinese.
    group
        One of ``GROUPS``. Default: ``GROUP`` of the file.

    Returns
    -------
    Profile
        A number of points, the sum over `of`.

    Examples
    --------
    >>> ideal_customer("profile_points", of=["industry", "country"], en="Profile match", zh="客户画像匹配").unit
    'points'
    """
    return Profile(name=name, columns=tuple(of), unit="points", en=en, zh=zh, group=group)


def _condition(column: str) -> Attribute:
    name, _, transform = column.partition(":")
    return Attribute(name=column, column=name, kind="category", transform=transform, en=name, zh=name)
