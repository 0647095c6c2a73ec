"""The secret key of a project, which turns personal data into pseudonyms: equal texts stay equal, and nobody without the key can read them.

The key is in the environment variable ``LEAD_ML_PSEUDONYM_KEY``, or in the file :data:`NAME` beside the runs, which is written on first use and
which only its owner may read. Whoever loads a model with pseudonyms needs the key that it was trained with.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lead_ml.errors import BundleError, ParamsError

VARIABLE = "LEAD_ML_PSEUDONYM_KEY"
NAME = "pseudonym.key"
_BYTES = 32
_FORM = re.compile(rf"[0-9a-fA-F]{{{2 * _BYTES}}}")
_used: dict[str, SecretKey] = {}  # by id: a copy of a bundle elsewhere is read with the key of this process


@dataclass(frozen=True)
class SecretKey:
    """A key of 32 bytes; its text form never shows it."""

    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, text: str, source: str) -> SecretKey:
        """Read a key from 64 hexadecimal digits; a ParamsError names the `source` but not the value."""
        if not _FORM.fullmatch(text.strip()):
            raise ParamsError(
                f"the key in {source} cannot be used",
                expected=f"{2 * _BYTES} hexadecimal digits",
                do="make one with: python -c 'import secrets; print(secrets.token_hex(32))'",
            )
        return cls(bytes.fromhex(text.strip()))

    @property
    def id(self) -> str:
        """Names the key without giving it away."""
        return hashlib.blake2b(b"lead-ml key", key=self.secret, digest_size=6).hexdigest()

    def pseudonym(self, text: str) -> str:
        """Return the keyed hash (BLAKE2b, 128 bits) of a text as hexadecimal digits.

        >>> key = SecretKey(bytes(32))
        >>> key.pseudonym("+8613912345678") == key.pseudonym("+8613912345678"), len(key.pseudonym(""))
        (True, 32)
        """
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self.secret, digest_size=16).hexdigest()


def secret_key(runs: Path) -> SecretKey:
    """Return the key of the environment, or the one beside the runs; where there is none, make one.

    Raises ParamsError if it is not a key.
    """
    key = _from_environment() or _from_file(runs / NAME) or _made(runs / NAME)
    _used[key.id] = key
    return key


def key_of(folder: Path, key_id: str) -> SecretKey:
    """Return the key with an id, for a bundle in a folder; raises BundleError if nobody here has it.

    It is looked for in the environment, in the folders above the bundle, in the present folder and its runs.
    """
    for key in _candidates(folder):
        if key.id == key_id:
            _used[key_id] = key
            return key
    raise BundleError(
        f"{folder} holds pseudonyms, and the key that they were made with is not here",
        value=key_id,
        expected=f"that key in {VARIABLE}, or in a file {NAME} above the bundle",
        do=f"copy {NAME} from the runs folder where the model was trained, or set {VARIABLE}",
    )


def _candidates(folder: Path) -> Iterator[SecretKey]:
    if (key := _from_environment()) is not None:
        yield key
    here = Path.cwd()
    for place in (*folder.resolve().parents, here, here / "runs"):
        if (key := _from_file(place / NAME)) is not None:
            yield key
    yield from _used.values()


def _from_environment() -> SecretKey | None:
    text = os.environ.get(VARIABLE, "")
    return SecretKey.of(text, VARIABLE) if text else None


def _from_file(path: Path) -> SecretKey | None:
    if not path.is_file():
        return None
    try:
        return SecretKey.of(path.read_text(encoding="ascii", errors="replace"), str(path))
    except PermissionError as error:
        raise ParamsError(
            f"the key in {path} may not be read by this user",
            expected="to run as its owner",
            do=f"run as the user who trained, or give this process the key in {VARIABLE}",
        ) from error


def _made(path: Path) -> SecretKey:
    """Write a new key; of two processes at once, one writes it and both use it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w", encoding="ascii") as text:
            text.write(f"{secrets.token_hex(_BYTES)}\n")
        os.link(fresh, path)
    except FileExistsError:
        pass  # the other process was first: its key counts
    finally:
        fresh.unlink(missing_ok=True)
    return SecretKey.of(path.read_text(encoding="ascii"), str(path))
