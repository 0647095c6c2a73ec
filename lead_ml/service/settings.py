"""Settings of a deployment, apart from the project: where bundles and keys are, and the load limits of a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lead_ml.errors import ParamsError

MIB = 1024 * 1024
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one process.

    ``runs`` holds ``champion.json``, the bundles and ``worklist.jsonl``; ``bundle`` names a fixed bundle instead of
    the champion. ``keys_file`` defaults to ``keys.json`` inside ``runs``. With ``auth`` off, only requests from this
    machine are accepted. ``max_body`` and ``max_batch_body`` are bytes. ``threads`` requests are scored at once;
    with more than ``max_concurrency`` requests waiting, the response is 503. ``poll_seconds`` is how often the
    champion and its thresholds are checked for changes.
    """

    runs: Path
    bundle: Path | None = None
    keys_file: Path | None = None
    auth: bool = True
    max_body: int = MIB
    max_batch_body: int = 8 * MIB
    max_concurrency: int = 64
    threads: int = 2
    poll_seconds: float = 3.0

    @property
    def keys_path(self) -> Path:
        """The file with the API keys."""
        return self.runs / "keys.json" if self.keys_file is None else self.keys_file

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read ``LEAD_ML_RUNS`` (default ``runs``), ``LEAD_ML_BUNDLE``, ``LEAD_ML_KEYS``, ``LEAD_ML_AUTH`` (on or off)."""
        env = os.environ if env is None else env
        switch = env.get("LEAD_ML_AUTH") or "on"
        if switch.strip().lower() not in (*_YES, *_NO):
            raise ParamsError("LEAD_ML_AUTH", value=switch, expected="on or off")
        return cls(
            runs=Path(env.get("LEAD_ML_RUNS") or "runs"),
            bundle=_path(env.get("LEAD_ML_BUNDLE")),
            keys_file=_path(env.get("LEAD_ML_KEYS")),
            auth=switch.strip().lower() in _YES,
        )


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
