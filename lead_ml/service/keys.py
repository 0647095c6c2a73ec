"""API keys: shown once, stored as SHA-256, compared in constant time.

A key has 256 random bits, so it cannot be guessed, and a fast digest is as safe as a slow one.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import msgspec

from lead_ml.errors import InputError, ParamsError
from lead_ml.service.files import Stamp, private_draft, stamp_of

Scope = Literal["score", "read", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "lml_"

logger = logging.getLogger(__name__)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends a request, by the name of the key, and what the key allows."""

    name: str
    scopes: tuple[Scope, ...]


class ApiKey(Caller, frozen=True, kw_only=True):
    """A key as it is stored. ``sha256`` is the hex digest of the key; ``id`` identifies it in sessions and logs."""

    id: str
    sha256: str
    created_at: str


class _KeyFile(msgspec.Struct, frozen=True):
    keys: tuple[ApiKey, ...] = ()


def create_key(path: Path, name: str, scopes: Iterable[str]) -> str:
    """Create a key, store its digest in the file at `path` (created with mode 0600), and return the key.

    The key itself is not stored, so it cannot be shown again. Its name must be new, and its scopes known.
    """
    existing, wanted = load_keys(path), set(scopes)
    if not name.strip() or name in {key.name for key in existing}:
        raise ParamsError(
            "name of the key", value=name, expected="a name that no other key has", do="choose another name"
        )
    if not wanted or wanted - set(SCOPES):
        raise ParamsError(
            "scopes of the key", value=sorted(wanted), expected=f"one or more of {', '.join(SCOPES)}"
        )
    token = PREFIX + secrets.token_urlsafe(32)
    created = ApiKey(
        id=secrets.token_hex(6),
        name=name,
        sha256=_digest(token),
        scopes=tuple(scope for scope in SCOPES if scope in wanted),
        created_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )
    content = msgspec.json.format(msgspec.json.encode(_KeyFile((*existing, created))), indent=1)
    private_draft(path, content).replace(path)
    return token


def load_keys(path: Path) -> tuple[ApiKey, ...]:
    """Read the keys of a file; a missing file has no keys."""
    if not path.is_file():
        return ()
    try:
        return msgspec.json.decode(path.read_bytes(), type=_KeyFile).keys
    except msgspec.MsgspecError as error:
        raise InputError(
            "the file of API keys cannot be read",
            source=str(path),
            expected="the JSON that lead-ml wrote",
            do="restore the file, or delete it and create new keys",
        ) from error


class KeyRing:
    """The keys of a file, read again when the file changes, so that a removed key stops working immediately."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: Stamp | None = None
        self._keys: tuple[ApiKey, ...] = ()

    def keys(self) -> tuple[ApiKey, ...]:
        """Return the current keys. While the file is unreadable there are none, and the log says so."""
        stamp = stamp_of(self._path)
        if stamp != self._stamp:
            try:
                self._keys = load_keys(self._path)
            except InputError:
                logger.error(
                    "the file of API keys cannot be read: all requests are refused until it is restored"
                )
                self._keys = ()
            self._stamp = stamp
        return self._keys

    def find(self, token: str) -> ApiKey | None:
        """Return the key with this token. All keys are compared, so the time does not depend on which one matches."""
        digest = _digest(token)
        found = [key for key in self.keys() if hmac.compare_digest(key.sha256, digest)]
        return found[0] if found else None

    def by_id(self, key_id: str) -> ApiKey | None:
        """Return the key with this id."""
        return next((key for key in self.keys() if key.id == key_id), None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
