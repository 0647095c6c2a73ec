"""The accepted thresholds: which, by which method, accepted by whom, when and why."""

from __future__ import annotations

import hashlib

import msgspec

from lead_ml.errors import BundleError, RequestError
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
        if mql > sql:
            raise RequestError(
                "the MQL threshold lies above the SQL threshold",
                field="mql",
                value=mql,
                expected=f"at most {sql}",
            )
        bare = cls(mql=float(mql), sql=float(sql), method=method, **accepted)
        digest = hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()
        return msgspec.structs.replace(bare, version=digest[:_VERSION_LENGTH])

    @property
    def mql_logit(self) -> float:
        """The MQL threshold as log-odds."""
        return log_odds(self.mql)

    @property
    def sql_logit(self) -> float:
        """The SQL threshold as log-odds."""
        return log_odds(self.sql)

    def to_json(self) -> bytes:
        """Encode as indented JSON, the form of ``thresholds.json``."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)

    @classmethod
    def from_json(cls, data: bytes) -> Thresholds:
        """Decode what :meth:`to_json` wrote; a file written by hand may leave ``version`` out.

        Raises BundleError where the text is not that, a threshold is impossible, or the version is not that of the content.
        """
        again = "accept the thresholds again"
        try:
            content = msgspec.structs.asdict(msgspec.json.decode(data, type=cls))
            version = content.pop("version")
            thresholds = cls.of(**content)
        except msgspec.DecodeError as error:
            raise BundleError(f"thresholds cannot be read: {error}", do=again) from error
        except RequestError as error:
            raise BundleError(f"thresholds are impossible: {error}", do=again) from error
        if version not in ("", thresholds.version):
            raise BundleError(
                "thresholds were changed after they were accepted",
                value=version,
                expected=thresholds.version,
                do=f"{again}, or leave version empty",
            )
        return thresholds
