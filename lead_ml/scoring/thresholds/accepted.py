"""The accepted thresholds: which, by which method, accepted by whom, when and why."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec

from lead_ml.errors import RequestError
from lead_ml.scoring.thresholds.scale import log_odds

_VERSION_LENGTH = 12


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The MQL and the SQL threshold as probabilities; ``accepted_at`` is ISO 8601 in UTC, or empty for a default.

    ``version`` is the start of the SHA-256 of all the rest.
    """

    mql: float
    sql: float
    method: str
    accepted_by: str = ""
    accepted_at: str = ""
    why: str = ""
    version: str = ""

    @classmethod
    def of(cls, mql: float, sql: float, *, method: str, **accepted: str) -> Thresholds:
        """Check the thresholds and give them their version; RequestError unless 0 < mql <= sql < 1."""
        for field, threshold in (("mql", mql), ("sql", sql)):
            if not 0 < threshold < 1:
                raise RequestError(
                    f"{field} threshold",
                    field=field,
                    value=threshold,
                    expected="a probability between 0 and 1",
                )
        if sql < mql:
            raise RequestError(
                "the SQL threshold is lower than the MQL threshold",
                field="sql",
                value=sql,
                expected=f"at least {mql}, which is MQL",
            )
        bare = cls(mql=float(mql), sql=float(sql), method=method, **accepted)
        digest = hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()
        return msgspec.structs.replace(bare, version=digest[:_VERSION_LENGTH])

    @classmethod
    def approved(cls, mql: float, sql: float, *, method: str, by: str, why: str) -> Thresholds:
        """Return thresholds that somebody accepts now; RequestError without a name or a reason."""
        for field, text, expected in (("by", by, "the name of the approver"), ("why", why, "the reason")):
            if not text.strip():
                raise RequestError(f"{field} is missing", field=field, value=text, expected=expected)
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return cls.of(mql, sql, method=method, accepted_by=by.strip(), accepted_at=now, why=why.strip())

    @property
    def mql_logit(self) -> float:
        """The MQL threshold as log-odds."""
        return log_odds(self.mql)

    @property
    def sql_logit(self) -> float:
        """The SQL threshold as log-odds."""
        return log_odds(self.sql)
