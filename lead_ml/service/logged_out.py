"""Sessions that people ended: their cookies are refused by every worker until they would have expired."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lead_ml.service.files import Stamp, private_draft, stamp_of
from lead_ml.tables.durable import append_line

_MOST_BYTES = 1 << 20  # beyond, entries of expired cookies are dropped

logger = logging.getLogger(__name__)


class LoggedOut:
    """Digests of ended sessions with the time of the logout, in a file that workers share and, if it cannot be written, here alone."""

    def __init__(self, path: Path | None, seconds: int, clock: Callable[[], float] = time.time) -> None:
        self._path, self._seconds, self._clock = path, seconds, clock
        self._own: dict[str, float] = {}
        self._shared: frozenset[str] = frozenset()
        self._stamp: Stamp | None = None

    def add(self, nonce: str) -> None:
        """End a session."""
        now = self._clock()
        self._own = {key: at for key, at in self._own.items() if at > now - self._seconds} | {
            _digest(nonce): now
        }
        if self._path is None:
            return
        try:
            if self._path.is_file() and self._path.stat().st_size > _MOST_BYTES:
                kept = "".join(f"{at:.0f} {digest}\n" for digest, at in self._read().items())
                private_draft(self._path, kept.encode()).replace(self._path)
            append_line(self._path, f"{now:.0f} {_digest(nonce)}".encode())
        except OSError:
            logger.warning("logouts cannot be written beside the keys: they hold in this process only")

    def __contains__(self, nonce: str) -> bool:
        stamp = None if self._path is None else stamp_of(self._path)
        if stamp != self._stamp:
            self._shared, self._stamp = frozenset(self._read()), stamp
        digest = _digest(nonce)
        return digest in self._own or digest in self._shared

    def _read(self) -> dict[str, float]:
        """Return the logouts whose cookies have not expired."""
        found: dict[str, float] = {}
        with suppress(OSError):
            lines = [] if self._path is None else self._path.read_text("ascii", "replace").splitlines()
            for line in lines:
                at, _, digest = line.partition(" ")
                if at.isdecimal() and float(at) > self._clock() - self._seconds:
                    found[digest] = float(at)
        return found


def _digest(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()[:32]
