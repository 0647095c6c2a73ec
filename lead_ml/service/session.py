"""The session cookie of the pages and the CSRF token of their forms, both signed with one secret."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from itsdangerous import BadData, Signer, URLSafeTimedSerializer

from lead_ml.service.files import private_draft
from lead_ml.service.logged_out import LoggedOut

COOKIE = "lead_ml_session"
SECONDS = 12 * 3600
_SECRET_BYTES = 32
_HMAC_SHA256: dict[str, Any] = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}

logger = logging.getLogger(__name__)


class Session(msgspec.Struct, frozen=True):
    """One visit: ``nonce`` binds forms to it, ``key_id`` is empty before login."""

    nonce: str
    key_id: str

    @classmethod
    def fresh(cls, key_id: str = "") -> Session:
        """Start a session."""
        return cls(secrets.token_urlsafe(16), key_id)


class SessionSigner:
    """Signs the session cookie and the CSRF tokens, and verifies them in constant time.

    The secret is asked for at first use, so that building an app touches no file.
    """

    def __init__(self, secret: Callable[[], bytes], logged_out: LoggedOut | None = None) -> None:
        self._get_secret = secret
        self._logged_out = LoggedOut(None, SECONDS) if logged_out is None else logged_out

    @cached_property
    def _secret(self) -> bytes:
        return self._get_secret()

    @cached_property
    def _cookies(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt="session", signer_kwargs=_HMAC_SHA256)

    @cached_property
    def _forms(self) -> Signer:
        return Signer(self._secret, salt="csrf", **_HMAC_SHA256)

    def seal(self, session: Session) -> str:
        """Return the value of the cookie."""
        return str(self._cookies.dumps(msgspec.to_builtins(session)))

    def open(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie, or None if the cookie is missing, altered, older than 12 hours or logged out."""
        try:
            session = msgspec.convert(self._cookies.loads(cookie or "", max_age=SECONDS), Session)
        except (BadData, UnicodeError, msgspec.ValidationError):
            return None
        return None if session.nonce in self._logged_out else session

    def end(self, session: Session) -> None:
        """End a session: its cookie is refused from now on."""
        self._logged_out.add(session.nonce)

    def csrf(self, session: Session) -> str:
        """Return the token that the forms of a session carry."""
        return self._forms.get_signature(session.nonce).decode()

    def csrf_is_valid(self, session: Session | None, token: str) -> bool:
        """Return whether a form belongs to the session."""
        return session is not None and self._forms.verify_signature(session.nonce, token)


def secret_beside(keys: Path) -> bytes:
    """Return the random secret stored next to the key file (mode 0600), creating it on first use.

    The file is created with a hard link, which fails if another worker was faster, so all workers share one secret. Where it
    cannot be created, the secret is that of the process: its sessions end with it, and other workers do not know them.
    """
    path = keys.with_name(f".{keys.stem}.secret")
    try:
        if not path.is_file():
            _create(path)
        return path.read_bytes()
    except OSError as error:
        logger.warning(
            "%s cannot be used (%s): people must log in again after a restart", path.name, error.strerror
        )
        return random_secret()


def _create(path: Path) -> None:
    draft = private_draft(path, random_secret())
    try:
        with suppress(FileExistsError):  # another worker created it first; its secret is used
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def random_secret() -> bytes:
    """Return a secret for one process."""
    return secrets.token_bytes(_SECRET_BYTES)
