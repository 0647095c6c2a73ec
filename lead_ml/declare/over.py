"""How the rows of a stream, by a key and under a filter, are aggregated to a feature."""

from __future__ import annotations

from collections.abc import Sequence

from lead_ml.declare.aggregate import Aggregate, Rate
from lead_ml.declare.counted import Counted
from lead_ml.declare.feature import span
from lead_ml.errors import DeclarationError


class Over(Counted, frozen=True):
    """Rows of a stream, by a key, under a filter, ready to be aggregated.

    Made by :func:`events`, :func:`leads` and :func:`outcomes`. Rows count if they were known strictly before ``as_of``; a window
    counts those that occurred in ``[as_of - window, as_of)``. Every aggregation takes the name of the feature, the wording ``en`` and
    ``zh``, optionally ``group`` and ``unit``, and most take ``window``: how far back rows count, such as ``"30d"`` (default: all
    history). A length of time is a number with ``m``, ``h`` or ``d``; another text raises DeclarationError.

    Parameters
    ----------
    stream
        ``events``, ``leads`` or ``outcomes``.
    key
        Lead column, or ``column:transform``.
    where
        Accepted values by text column.
    ranges
        Accepted range by numeric column.

    Examples
    --------
    >>> events(type="page_view", page="pricing")
    Over(stream='events', key='lead_id', where={'type': ('page_view',), 'page': ('pricing',)}, ranges={})
    """

    def active_days(self, name: str, *, window: str = "", zone: str = "UTC", **words: str) -> Aggregate:
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
            A number; 0 without rows.

        Examples
        --------
        >>> events().active_days("days_30d", window="30d", zone="Asia/Shanghai", en="Active days", zh="活跃天数").zone
        'Asia/Shanghai'
        """
        return self._aggregate(name, "active_days", window=window, zone=zone, **words)

    def days_since_first(self, name: str, **words: str) -> Aggregate:
        """Measure the days from the earliest ``occurred_at`` to ``as_of``.

        Parameters
        ----------
        name, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate
            Days with fractions; missing without rows.

        Examples
        --------
        >>> events(type="call").days_since_first("first_call", en="Days since call", zh="距通话天数").unit
        'days'
        """
        return self._aggregate(name, "days_since_first", **{"unit": "days", **words})

    def days_since_last(self, name: str, **words: str) -> Aggregate:
        """Measure the days from the latest ``occurred_at`` to ``as_of``.

        Parameters
        ----------
        name, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate
            Days with fractions; missing without rows.

        Examples
        --------
        >>> events(type="call").days_since_last("last_call", en="Days since call", zh="距通话天数").unit
        'days'
        """
        return self._aggregate(name, "days_since_last", **{"unit": "days", **words})

    def longest_gap(self, name: str, *, window: str = "", **words: str) -> Aggregate:
        """Measure the longest time between one row and the next.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.

        Returns
        -------
        Aggregate
            Days with fractions; missing with fewer than two rows.

        Examples
        --------
        >>> events().longest_gap("gap_90d", window="90d", en="Longest pause, days", zh="最长间隔（天）").unit
        'days'
        """
        return self._aggregate(name, "longest_gap", window=window, **{"unit": "days", **words})

    def first(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Take the text of the earliest row, as a category; ties go by ``known_at``, then by ``event_id``.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        of
            Text column of the stream.

        Returns
        -------
        Aggregate
            A category; missing without rows.

        Examples
        --------
        >>> events().first("first_page", "page", en="First page", zh="页面").aggregation
        'first'
        """
        return self._aggregate(name, "first", of=of, window=window, **words)

    def last(self, name: str, of: str, *, window: str = "", **words: str) -> Aggregate:
        """Take the text of the latest row, as a category; ties go by ``known_at``, then by ``event_id``.

        Parameters
        ----------
        name, window, **words
            See :class:`Over`.
        of
            Text column of the stream.

        Returns
        -------
        Aggregate
            A category; missing without rows.

        Examples
        --------
        >>> events().last("last_page", "page", en="Last page", zh="页面").aggregation
        'last'
        """
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
        """Take the share of these leads that reached a stage soon after their creation: matured cohorts only, see :class:`Rate`.

        Parameters
        ----------
        name
            Name of the feature.
        within
            Time from creation in which a lead must reach the stage, such as ``"60d"``.
        window
            Length of the period of creation, which ends `within` before ``as_of``.
        stage
            One stage or several.
        strength
            Number of leads that the rate over all keys counts for.
        **words
            ``en``, ``zh`` (required), ``group`` and ``unit``.

        Returns
        -------
        Rate
            A share from 0 to 1; missing if the lead has no key.

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
