"""The cookie of the pages and the token of their forms, both signed with one secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import msgspec

COOKIE = "lead_ml_session"
SECONDS = 12 * 3600
_SECRET_BYTES = 32


class Session(msgspec.Struct, frozen=True):
    """A visit: ``nonce`` ties forms to it, ``key_id`` is empty before login, ``until`` is Unix seconds."""

    nonce: str
    key_id: str
    until: int

    @classmethod
    def fresh(cls, key_id: str = "") -> Session:
        """Start a visit."""
        return cls(secrets.token_urlsafe(16), key_id, int(time.time()) + SECONDS)


class Signer:
    """Signs and checks what goes to the browser and back."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._source = secret

    @cached_property
    def _secret(self) -> bytes:
        """Fetched at the first use, so that building an app touches no file."""
        return self._source()

    def seal(self, session: Session) -> str:
        """Return the value of the cookie."""
        payload = _encode(msgspec.json.encode(session))
        return f"{payload}.{self._sign('session', payload)}"

    def open(self, cookie: str | None) -> Session | None:
        """Return the visit of a cookie; None if it is absent, changed or too old."""
        payload, _, signature = (cookie or "").partition(".")
        if not _equal(signature, self._sign("session", payload)):
            return None
        try:
            session = msgspec.json.decode(_decode(payload), type=Session)
        except (msgspec.MsgspecError, binascii.Error, UnicodeDecodeError):
            return None
        return session if session.until > time.time() else None

    def csrf(self, session: Session) -> str:
        """Return the token that the forms of a visit carry."""
        return self._sign("csrf", session.nonce)

    def csrf_holds(self, session: Session | None, token: str) -> bool:
        """Tell whether a form belongs to the visit."""
        return session is not None and _equal(token, self.csrf(session))

    def _sign(self, use: str, text: str) -> str:
        message = f"{use}:{text}".encode("utf-8", "surrogatepass")
        return _encode(hmac.new(self._secret, message, hashlib.sha256).digest())


def secret_beside(keys: Path) -> bytes:
    """Return the random secret kept in a file (mode 0600) next to the keys, creating it once.

    The file is put in place by a link, which fails where another worker was first, so all workers share one secret.
    """
    path = keys.with_name(f".{keys.stem}.secret")
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another worker was first: its secret counts
        finally:
            fresh.unlink()
    return path.read_bytes()


def random_secret() -> bytes:
    """Return a secret for one process."""
    return secrets.token_bytes(_SECRET_BYTES)


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
