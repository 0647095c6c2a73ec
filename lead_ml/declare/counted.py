"""Counts, sums and shares of the rows of a stream, by a key and under a filter."""

from __future__ import annotations

import msgspec

from lead_ml.declare.aggregate import Aggregate, Aggregation, Range, Stream
from lead_ml.declare.feature import span


class Counted(msgspec.Struct, frozen=True):
    """What :class:`lead_ml.declare.Over` counts and sums; see there."""

    stream: Stream
    key: str
    where: dict[str, tuple[str, ...]]
    ranges: dict[str, Range] = {}

    def count(self, name: str, *, window: str = "", **words: str) -> Aggregate:
        """Count the rows; in a window of minutes or hours this detects bursts.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate
            A number; 0 without rows.

        Examples
        --------
        >>> events(type="call").count("calls_7d", window="7d", en="Calls, last 7 days", zh="近7天通话次数").aggregation
        'count'
        """
        return self._aggregate(name, "count", window=window, **words)

    def sum(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Sum a numeric column, missing values as 0.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        of
            Numeric column: ``value`` of events, ``amount`` of outcomes, any number of leads.

        Returns
        -------
        Aggregate
            A number to six decimals; 0 without rows.

        Examples
        --------
        >>> events(type="call").sum("call_minutes", "value", en="Call minutes", zh="通话分钟数").of
        'value'
        """
        return self._aggregate(name, "sum", of=of, window=window, **words)

    def mean(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Average a numeric column over the rows that have it.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        of
            Numeric column: ``value`` of events, ``amount`` of outcomes, any number of leads.

        Returns
        -------
        Aggregate
            A number; missing if no row has one.

        Examples
        --------
        >>> events(type="call").mean("call_mean", "value", en="Mean call, minutes", zh="平均通话时长（分钟）").of
        'value'
        """
        return self._aggregate(name, "mean", of=of, window=window, **words)

    def max(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Take the largest value of a numeric column.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        of
            Numeric column: ``value`` of events, ``amount`` of outcomes, any number of leads.

        Returns
        -------
        Aggregate
            A number to six decimals; missing if no row has one.

        Examples
        --------
        >>> events(type="call").max("longest_call", "value", en="Longest call, minutes", zh="最长通话（分钟）").of
        'value'
        """
        return self._aggregate(name, "max", of=of, window=window, **words)

    def distinct(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Count the distinct values of a text column, without missing ones.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        of
            Text column of the stream.

        Returns
        -------
        Aggregate
            A number; 0 without rows.

        Examples
        --------
        >>> events().distinct("sessions_30d", "session_id", window="30d", en="Sessions", zh="访问次数").of
        'session_id'
        """
        return self._aggregate(name, "distinct", of=of, window=window, **words)

    def decayed_sum(self, name: str, *, half_life: str, of: str = "", **words: str) -> Aggregate:
        """Sum the rows with weights that halve every `half_life`: 2^(-age / half_life).

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
            A number; 0 without rows.

        Examples
        --------
        >>> events().decayed_sum("recent", half_life="14d", en="Recent activity", zh="近期活跃度").half_life
        1209600000000
        """
        return self._aggregate(name, "decayed_sum", of=of, half_life=half_life, **words)

    def share(self, name: str, *, among: Counted | None = None, window: str = "", **words: str) -> Aggregate:
        """Divide the rows that pass this filter by the rows of `among`.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        among
            Filter of the whole. Default: all rows of the stream.

        Returns
        -------
        Aggregate
            A share from 0 to 1; missing if `among` has no rows.

        Examples
        --------
        >>> events(type="call").share("call_share", en="Share of calls", zh="通话占比").unit
        'share'
        """
        whole = {} if among is None else among.where
        words = {"unit": "share", **words}
        return msgspec.structs.replace(self._aggregate(name, "share", window=window, **words), among=whole)

    def trend(self, name: str, *, window: str, **words: str) -> Aggregate:
        """Subtract the rows of the window before from those of this window.

        Parameters
        ----------
        name, **words
            See :class:`Over`.
        window
            How far back rows count, such as ``"30d"``; the window before is as long.

        Returns
        -------
        Aggregate
            A number, above 0 if activity rises.

        Examples
        --------
        >>> events().trend("trend_7d", window="7d", en="Change in weekly activity", zh="周活跃变化").window
        604800000000
        """
        return self._aggregate(name, "trend", window=window, **words)

    def _aggregate(
        self,
        name: str,
        aggregation: Aggregation,
        *,
        window: str = "",
        half_life: str = "",
        of: str = "",
        zone: str = "",
        **words: str,
    ) -> Aggregate:
        return Aggregate(
            name=name,
            stream=self.stream,
            key=self.key,
            where=self.where,
            ranges=self.ranges,
            aggregation=aggregation,
            of=of,
            window=span(window) if window else 0,
            half_life=span(half_life) if half_life else 0,
            zone=zone,
            among={},
            stages=(),
            within=0,
            **words,
        )
