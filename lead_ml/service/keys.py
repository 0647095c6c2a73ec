"""API keys: shown once, stored as SHA-256, compared in constant time.

A key has 256 random bits, so it cannot be guessed, and a fast digest is as safe as a slow one.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import msgspec

from lead_ml.errors import InputError, ParamsError

Scope = Literal["score", "read", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "lml_"

logger = logging.getLogger(__name__)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is stored. ``sha256`` is the hex digest of the key; ``id`` identifies it in sessions and logs."""

    id: str
    name: str
    sha256: str
    scopes: tuple[Scope, ...]
    created_at: str


class _KeyFile(msgspec.Struct, frozen=True):
    keys: tuple[ApiKey, ...] = ()


def create_key(path: Path, name: str, scopes: Iterable[str]) -> str:
    """Create a key, store its digest in the file at `path` (created with mode 0600), and return the key.

    The key itself is not stored, so it cannot be shown again.

    Raises
    ------
    ParamsError
        If the name is empty or taken, or a scope is unknown.
    """
    existing = load_keys(path)
    if not name.strip() or name in {key.name for key in existing}:
        raise ParamsError(
            "name of the key", value=name, expected="a name that no other key has", do="choose another name"
        )
    chosen = tuple(scope for scope in SCOPES if scope in (wanted := set(scopes)))
    if not chosen or set(chosen) != wanted:
        raise ParamsError(
            "scopes of the key", value=sorted(wanted), expected=f"one or more of {', '.join(SCOPES)}"
        )
    token = PREFIX + secrets.token_urlsafe(32)
    created = ApiKey(
        id=secrets.token_hex(6),
        name=name,
        sha256=_digest(token),
        scopes=chosen,
        created_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )
    _write(path, (*existing, created))
    return token


def load_keys(path: Path) -> tuple[ApiKey, ...]:
    """Read the keys of a file; a missing file has no keys.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
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


def find_key(keys: Sequence[ApiKey], token: str) -> ApiKey | None:
    """Return the key with this token. All keys are compared, so the time does not depend on which one matches."""
    digest = _digest(token)
    found = None
    for key in keys:
        if hmac.compare_digest(key.sha256, digest):
            found = key
    return found


class KeyRing:
    """The keys of a file, read again when the file changes, so that a removed key stops working immediately."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._keys: tuple[ApiKey, ...] = ()

    def keys(self) -> tuple[ApiKey, ...]:
        """Return the current keys. While the file is unreadable there are none, and the log says so."""
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            try:
                self._keys = load_keys(self._path) if stamp else ()
            except InputError:
                logger.error(
                    "the file of API keys cannot be read: all requests are refused until it is restored"
                )
                self._keys = ()
            self._stamp = stamp
        return self._keys

    def find(self, token: str) -> ApiKey | None:
        """Return the key with this token."""
        return find_key(self.keys(), token)

    def by_id(self, key_id: str) -> ApiKey | None:
        """Return the key with this id."""
        return next((key for key in self.keys() if key.id == key_id), None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino


def _write(path: Path, keys: tuple[ApiKey, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(_KeyFile(keys)), indent=1))
    fresh.replace(path)
