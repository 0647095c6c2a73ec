"""How the rows of a stream, by a key and under a filter, are aggregated to a feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import msgspec

from lead_ml.declare.feature import Aggregate, Aggregation, Filter, Range, Rate, Stream, Wording, span
from lead_ml.errors import DeclarationError

_UNITS = {"days_since_first": "days", "days_since_last": "days", "longest_gap": "days", "share": "share"}


class Over(msgspec.Struct, frozen=True):
    """Rows of a stream, by a key and under a filter, ready to be aggregated; made by :func:`events` and its siblings.

    Rows count if they were known strictly before ``as_of``. The methods share these parameters: ``name`` of the feature;
    ``of``, a text column of the stream or a numeric one (``value`` of events, ``amount`` of outcomes, any number of leads);
    ``window``, how far back rows count, as ``"30d"`` for those that occurred in ``[as_of - window, as_of)`` (default: all
    history); and the ``**words`` of :func:`category`. A length of time is a number with ``m``, ``h`` or ``d``; another
    text raises DeclarationError.

    Examples
    --------
    >>> events(type="page_view", page="pricing")
    Over(stream='events', key='lead_id', where={'type': ('page_view',), 'page': ('pricing',)}, ranges={})
    """

    stream: Stream
    key: str
    where: Filter
    ranges: dict[str, Range] = {}

    def count(self, name: str, *, window: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Count the rows; in a window of minutes or hours this detects bursts.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events(type="call").count("calls_7d", window="7d", en="Calls, last 7 days", zh="近7天通话次数").aggregation
        'count'
        """
        return self._aggregate(name, "count", window, **words)

    def sum(self, name: str, of: str, *, window: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Sum a numeric column to six decimals, missing values as 0; 0 without rows.

        Parameters
        ----------
        name, of, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events(type="call").sum("call_minutes", "value", en="Call minutes", zh="通话分钟数").of
        'value'
        """
        return self._aggregate(name, "sum", window, of=of, **words)

    def mean(self, name: str, of: str, *, window: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Average a numeric column over the rows that have it; missing if none has.

        Parameters
        ----------
        name, of, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events(type="call").mean("call_mean", "value", en="Mean call, minutes", zh="平均通话时长（分钟）").of
        'value'
        """
        return self._aggregate(name, "mean", window, of=of, **words)

    def max(self, name: str, of: str, *, window: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Take the largest value of a numeric column, to six decimals; missing if no row has one.

        Parameters
        ----------
        name, of, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events(type="call").max("longest_call", "value", en="Longest call, minutes", zh="最长通话（分钟）").of
        'value'
        """
        return self._aggregate(name, "max", window, of=of, **words)

    def distinct(self, name: str, of: str, *, window: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Count the distinct values of a text column, without missing ones.

        Parameters
        ----------
        name, of, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events().distinct("sessions_30d", "session_id", window="30d", en="Sessions", zh="访问次数").of
        'session_id'
        """
        return self._aggregate(name, "distinct", window, of=of, **words)

    def first(self, name: str, of: str, *, window: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Take the text of the earliest row, as a category; ties go by ``known_at``, then by ``event_id``.

        Parameters
        ----------
        name, of, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events().first("first_page", "page", en="First page", zh="页面").aggregation
        'first'
        """
        return self._aggregate(name, "first", window, of=of, **words)

    def last(self, name: str, of: str, *, window: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Take the text of the latest row, as a category; ties go by ``known_at``, then by ``event_id``.

        Parameters
        ----------
        name, of, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events().last("last_page", "page", en="Last page", zh="页面").aggregation
        'last'
        """
        return self._aggregate(name, "last", window, of=of, **words)

    def active_days(
        self, name: str, *, window: str = "", zone: str = "UTC", **words: Unpack[Wording]
    ) -> Aggregate:
        """Count the calendar days with a row.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        zone
            Time zone of the calendar.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events().active_days("days_30d", window="30d", zone="Asia/Shanghai", en="Active days", zh="活跃天数").zone
        'Asia/Shanghai'
        """
        return self._aggregate(name, "active_days", window, zone=zone, **words)

    def days_since_first(self, name: str, **words: Unpack[Wording]) -> Aggregate:
        """Measure the days from the earliest ``occurred_at`` to ``as_of``, with fractions; missing without rows.

        Parameters
        ----------
        name, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events(type="call").days_since_first("first_call", en="Time since a call", zh="距通话").unit
        'days'
        """
        return self._aggregate(name, "days_since_first", **words)

    def days_since_last(self, name: str, **words: Unpack[Wording]) -> Aggregate:
        """Measure the days from the latest ``occurred_at`` to ``as_of``, with fractions; missing without rows.

        Parameters
        ----------
        name, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events(type="call").days_since_last("last_call", en="Time since a call", zh="距通话").unit
        'days'
        """
        return self._aggregate(name, "days_since_last", **words)

    def longest_gap(self, name: str, *, window: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Measure the longest time between one row and the next, in days; missing with fewer than two rows.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events().longest_gap("gap_90d", window="90d", en="Longest pause, days", zh="最长间隔（天）").unit
        'days'
        """
        return self._aggregate(name, "longest_gap", window, **words)

    def decayed_sum(self, name: str, *, half_life: str, of: str = "", **words: Unpack[Wording]) -> Aggregate:
        """Sum the rows with weights that halve every `half_life`: 2^(-age / half_life); 0 without rows.

        Parameters
        ----------
        name, **words
            See :class:`Over`.
        half_life
            Length of time, such as ``"14d"``.
        of
            Numeric column to multiply by. Default: every row counts 1.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events().decayed_sum("recent", half_life="14d", en="Recent activity", zh="近期活跃度").half_life
        1209600000000
        """
        halves = span(half_life) if half_life else 0
        return self._aggregate(name, "decayed_sum", of=of, half_life=halves, **words)

    def share(
        self, name: str, *, among: Over | None = None, window: str = "", **words: Unpack[Wording]
    ) -> Aggregate:
        """Divide the rows that pass this filter by the rows of `among`: 0 to 1, missing if there are none.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        among
            Filter of the whole. Default: all rows of the stream.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events(type="call").share("call_share", en="Share of calls", zh="通话占比").unit
        'share'
        """
        return self._aggregate(name, "share", window, among={} if among is None else among.where, **words)

    def trend(self, name: str, *, window: str, **words: Unpack[Wording]) -> Aggregate:
        """Subtract the rows of the window before, which is as long, from those of this window: above 0 if activity rises.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate

        Examples
        --------
        >>> events().trend("trend_7d", window="7d", en="Change in weekly activity", zh="周活跃变化").window
        604800000000
        """
        return self._aggregate(name, "trend", window, **words)

    def conversion_rate(
        self,
        name: str,
        *,
        within: str,
        window: str,
        stage: str | Sequence[str] = "won",
        strength: float = 50.0,
        **words: Unpack[Wording],
    ) -> Rate:
        """Take the share of these leads that reached a stage soon after their creation: matured cohorts only, see :class:`Rate`.

        Parameters
        ----------
        name, **words
            See :class:`Over`.
        within
            Time from creation in which a lead must reach the stage, such as ``"60d"``.
        window
            Length of the period of creation, which ends `within` before ``as_of``.
        stage
            One stage or several.
        strength
            Number of leads that the rate over all keys counts for.

        Returns
        -------
        Rate

        Raises
        ------
        DeclarationError
            If these are not leads filtered by text columns.

        Examples
        --------
        >>> rate = leads(by="source").conversion_rate(
        ...     "source_rate", within="60d", window="365d", en="Conversion rate of the source", zh="来源转化率"
        ... )
        >>> rate.stages
        ('won',)
        """
        if self.stream != "leads" or self.ranges:
            raise DeclarationError(
                f"conversion rate {name}",
                value=self.stream,
                expected="leads(by=...) filtered by text columns",
            )
        words.setdefault("unit", "share")
        stages = (stage,) if isinstance(stage, str) else tuple(stage)
        return Rate(
            name=name,
            key=self.key,
            stages=stages,
            within=span(within),
            window=span(window),
            where=self.where,
            strength=strength,
            **words,
        )

    def _aggregate(self, name: str, aggregation: Aggregation, window: str = "", **fields: Any) -> Aggregate:
        return Aggregate(
            name=name,
            stream=self.stream,
            key=self.key,
            where=self.where,
            ranges=self.ranges,
            aggregation=aggregation,
            window=span(window) if window else 0,
            **{"unit": _UNITS.get(aggregation, ""), **fields},
        )
