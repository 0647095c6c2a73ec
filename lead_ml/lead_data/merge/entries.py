"""Entries of the merge log: what somebody decided about leads, with who, when and why, chained by SHA-256."""

from __future__ import annotations

import hashlib
from typing import Annotated, NamedTuple

import msgspec

from lead_ml.errors import InputError


class MergePair(msgspec.Struct, frozen=True, tag="merge", tag_field="kind"):
    """Two leads are one person; ``evidence`` says what shows it, ``probability`` how sure a matching was, if one proposed it."""

    a: str
    b: str
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    evidence: str = ""


class KeepApart(msgspec.Struct, frozen=True, tag="keep_apart", tag_field="kind"):
    """Two leads are never merged, neither directly nor through others."""

    a: str
    b: str


class PinValue(msgspec.Struct, frozen=True, tag="pin", tag_field="kind"):
    """A field of the person that a lead belongs to has this value, whatever its members say; None is empty."""

    lead_id: str
    field: str
    value: str | None


class UndoEntry(msgspec.Struct, frozen=True, tag="undo", tag_field="kind"):
    """An earlier entry no longer counts; only the entry that it names is affected."""

    entry: int


Decision = MergePair | KeepApart | PinValue | UndoEntry


def leads_named(decision: Decision) -> tuple[str, ...]:
    """Return the leads that a decision names."""
    if isinstance(decision, MergePair | KeepApart):
        return (decision.a, decision.b)
    return (decision.lead_id,) if isinstance(decision, PinValue) else ()


class SignedDecision(NamedTuple):
    """A decision with who made it, and why."""

    decision: Decision
    by: str
    why: str


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log. ``number`` counts from 1, ``at`` is ISO 8601 UTC, ``before`` is the hash of the entry before it.

    ``hash`` is the SHA-256 of the line with an empty hash.
    """

    number: int
    at: str
    by: str
    why: str
    decision: Decision
    before: str
    hash: str = ""

    def sealed(self) -> LogEntry:
        """Return the entry with its hash."""
        return msgspec.structs.replace(self, hash=self.digest)

    @property
    def digest(self) -> str:
        """The hash that the content of the entry has."""
        return hashlib.sha256(line_of(msgspec.structs.replace(self, hash=""))).hexdigest()


def line_of(entry: LogEntry) -> bytes:
    """Return the entry as its line, without the end of the line."""
    return msgspec.json.encode(entry)


def read_line(line: bytes, number: int, before: str) -> LogEntry | None:
    """Return the entry of a line, None unless it is exactly what was written after the entry with the hash `before`."""
    try:
        entry = msgspec.json.decode(line, type=LogEntry)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    linked = entry.number == number and entry.before == before and entry.hash == entry.digest
    return entry if linked and line_of(entry) == line else None


def stated(name: str, text: str) -> str:
    """Return who decided, or why, without surrounding blanks; an empty text is an InputError."""
    text = " ".join(text.split())
    if not text or not text.isprintable():
        raise InputError(
            f"{name} is empty or not readable text",
            source="the decision",
            value=text,
            expected="a name and a reason: --by and --why",
        )
    return text
