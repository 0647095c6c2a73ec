"""Start a feature over a stream: events, leads or outcomes, by a key and under a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lead_ml.declare.feature import Range, Stream
from lead_ml.declare.over import Over

Allowed = str | Sequence[str] | Range


def between(at_least: float | None = None, below: float | None = None) -> Range:
    """Filter a number by a range; a missing number is in no range.

    Parameters
    ----------
    at_least, below
        The lower end, included, and the upper end, not included; None for no end.

    Returns
    -------
    Range

    Examples
    --------
    >>> events(type="call", value=between(5)).ranges
    {'value': Range(at_least=5, below=None)}
    """
    return Range(at_least, below)


def events(*, by: str = "lead_id", **where: Allowed) -> Over:
    """Start a feature over events; it is missing if the project has no events at all.

    Parameters
    ----------
    by
        Key whose events count: a lead column, or ``column:transform`` such as ``email:domain``. Default: those of the lead.
    **where
        Filter by ``type``, ``channel``, ``page`` or ``session_id``, one value or several, and ``value`` with :func:`between`.

    Returns
    -------
    Over

    Examples
    --------
    >>> events(by="account_id", type=("call", "meeting")).where
    {'type': ('call', 'meeting')}
    """
    return _over("events", by, where)


def leads(*, by: str, **where: Allowed) -> Over:
    """Start a feature over the leads that share a key, each at its creation.

    Parameters
    ----------
    by
        A lead column, ``column:transform``, or ``*`` for all leads.
    **where
        Filter by any lead column, one value or several; :func:`between` for numbers.

    Returns
    -------
    Over

    Examples
    --------
    >>> leads(by="ip").count("ip_leads_1h", window="1h", en="Leads from this IP, last hour", zh="该 IP 近1小时线索数").key
    'ip'
    """
    return _over("leads", by, where)


def outcomes(*, by: str, **where: Allowed) -> Over:
    """Start a feature over the outcomes of the leads that share a key.

    Parameters
    ----------
    by
        A lead column or ``column:transform``; never ``lead_id``, since the lead's own outcomes are what is predicted.
    **where
        Filter by ``stage`` or ``reason``, one value or several, and ``amount`` with :func:`between`.

    Returns
    -------
    Over

    Examples
    --------
    >>> outcomes(by="account_id", stage="won").count("account_won", en="Past wins of the account", zh="该客户历史成交").stream
    'outcomes'
    """
    return _over("outcomes", by, where)


def _over(stream: Stream, by: str, where: Mapping[str, Allowed]) -> Over:
    texts = {
        column: (allowed,) if isinstance(allowed, str) else tuple(allowed)
        for column, allowed in where.items()
        if not isinstance(allowed, Range)
    }
    return Over(stream, by, texts, {column: r for column, r in where.items() if isinstance(r, Range)})
