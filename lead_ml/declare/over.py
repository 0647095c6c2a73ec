"""Declaring aggregations: rows of a stream, by a key, under a filter, then what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from lead_ml.declare.feature import Aggregate, Aggregation, Range, Rate, Stream, span
from lead_ml.errors import DeclarationError

Allowed = str | Sequence[str] | Range


def between(at_least: float | None = None, below: float | None = None) -> Range:
    """Filter a number: ``events(type="call", value=between(5))`` are calls of at least five minutes."""
    return Range(at_least, below)


def events(*, by: str = "lead_id", **where: Allowed) -> Over:
    """Start a declaration over events, filtered by ``type``, ``channel``, ``page``, ``session_id`` or ``value``."""
    return _over("events", by, where)


def leads(*, by: str, **where: Allowed) -> Over:
    """Start a declaration over the leads that share a key, filtered by any of their columns."""
    return _over("leads", by, where)


def outcomes(*, by: str, **where: Allowed) -> Over:
    """Start a declaration over the outcomes of the leads that share a key (never by ``lead_id``)."""
    return _over("outcomes", by, where)


class Over(msgspec.Struct, frozen=True):
    """Rows of a stream by a key under a filter, ready to be aggregated.

    ``window`` looks back that long; without it all history counts.
    """

    stream: Stream
    key: str
    where: dict[str, tuple[str, ...]]
    ranges: dict[str, Range] = {}

    def count(self, name: str, *, window: str = "", **words: str) -> Aggregate:
        """Number of rows; in the last minutes or hours it tells bursts."""
        return self._aggregate(name, "count", window=window, **words)

    def sum(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Sum of a numeric column, missing values as 0, kept to six decimals."""
        return self._aggregate(name, "sum", of=of, window=window, **words)

    def mean(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Mean of a numeric column over the rows that have it; missing where none has."""
        return self._aggregate(name, "mean", of=of, window=window, **words)

    def max(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Largest value of a numeric column, to six decimals; missing where no row has one."""
        return self._aggregate(name, "max", of=of, window=window, **words)

    def distinct(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Number of different values of a text column, missing values left out."""
        return self._aggregate(name, "distinct", of=of, window=window, **words)

    def active_days(self, name: str, *, window: str = "", zone: str = "UTC", **words: str) -> Aggregate:
        """Number of calendar days of a time zone with a row; it reads the clock."""
        return self._aggregate(name, "active_days", window=window, zone=zone, **words)

    def days_since_first(self, name: str, **words: str) -> Aggregate:
        """Days from the earliest ``occurred_at`` to ``as_of``; missing without rows."""
        return self._aggregate(name, "days_since_first", **{"unit": "days", **words})

    def days_since_last(self, name: str, **words: str) -> Aggregate:
        """Days from the latest ``occurred_at`` to ``as_of``; missing without rows."""
        return self._aggregate(name, "days_since_last", **{"unit": "days", **words})

    def decayed_sum(self, name: str, *, half_life: str, of: str = "", **words: str) -> Aggregate:
        """Sum of 2^(-age / half_life) over the rows, times the column `of` where it is given."""
        return self._aggregate(name, "decayed_sum", of=of, half_life=half_life, **words)

    def share(self, name: str, *, among: Over | None = None, window: str = "", **words: str) -> Aggregate:
        """Share of the rows of `among` (all rows of the stream by default) that pass this filter too; 0 to 1.

        Missing where there are no rows to be a share of.
        """
        whole = {} if among is None else among.where
        words = {"unit": "share", **words}
        return msgspec.structs.replace(self._aggregate(name, "share", window=window, **words), among=whole)

    def longest_gap(self, name: str, *, window: str = "", **words: str) -> Aggregate:
        """Longest time between one row and the next, in days; missing with fewer than two rows."""
        return self._aggregate(name, "longest_gap", window=window, **{"unit": "days", **words})

    def trend(self, name: str, *, window: str, **words: str) -> Aggregate:
        """Rows of this window less those of the window before: above 0 it goes up."""
        return self._aggregate(name, "trend", window=window, **words)

    def first(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """The text of the earliest row, as a category; of rows at one instant that first known, then by event_id."""
        return self._aggregate(name, "first", of=of, window=window, **words)

    def last(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """The text of the latest row, as a category; of rows at one instant that last known, then by event_id."""
        return self._aggregate(name, "last", of=of, window=window, **words)

    def conversion_rate(
        self,
        name: str,
        *,
        within: str,
        window: str,
        stage: str | Sequence[str] = "won",
        strength: float = 50.0,
        **words: str,
    ) -> Rate:
        """Share of these leads that reach a stage `within` their first days: see :class:`Rate`. Only over leads."""
        if self.stream != "leads" or self.ranges:
            raise DeclarationError(
                f"conversion rate {name}",
                value=self.stream,
                expected="leads(by=...) filtered by text columns",
            )
        return Rate(
            name=name,
            key=self.key,
            stages=(stage,) if isinstance(stage, str) else tuple(stage),
            within=span(within),
            window=span(window),
            where=self.where,
            strength=strength,
            **{"unit": "share", **words},
        )

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


def _over(stream: Stream, by: str, where: Mapping[str, Allowed]) -> Over:
    texts = {
        column: (allowed,) if isinstance(allowed, str) else tuple(allowed)
        for column, allowed in where.items()
        if not isinstance(allowed, Range)
    }
    return Over(stream, by, texts, {column: r for column, r in where.items() if isinstance(r, Range)})
