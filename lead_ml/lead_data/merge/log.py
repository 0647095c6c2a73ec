"""The merge log of a project: ``merges/log.jsonl``, one entry per line, only ever appended to.

An entry is written in this order: its line, flushed to disk; then ``merges/head.json``, which says how many entries there are and
the hash of the last one. A process that is stopped in between leaves one of three states, all of them valid: nothing, a last
line without an end (which is no entry, is reported, and is removed by the next change), or an entry that the head does not count
yet. Anything else is damage: a changed byte breaks the chain of hashes, and entries missing at the end contradict the head.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lead_ml.errors import InputError
from lead_ml.lead_data.merge.entries import LogEntry, SignedDecision, line_of, read_line, stated
from lead_ml.tables.durable import locked, replacing

FOLDER, LOG, HEAD, LOCK = "merges", "log.jsonl", "head.json", "lock"
_RESTORE = "restore the folder from a backup: nothing was changed, and no entry of a damaged log is used"


class LogHead(msgspec.Struct, frozen=True):
    """How many entries the log has at least, and the hash of the last of them."""

    entries: int = 0
    hash: str = ""


@dataclass(frozen=True)
class MergeLog:
    """The verified entries, oldest first; ``torn`` are the bytes of a last line that was never written to its end."""

    entries: tuple[LogEntry, ...] = ()
    torn: int = 0

    @property
    def head(self) -> LogHead:
        """How many entries there are, and the hash of the last one."""
        return LogHead(len(self.entries), self.entries[-1].hash) if self.entries else LogHead()


def log_path(root: Path) -> Path:
    """Return where the log of a project is."""
    return root / FOLDER / LOG


def read_merges(root: Path) -> MergeLog:
    """Read and verify the log of a project; empty where there is none.

    Raises InputError if a byte of it was changed, or entries are missing.
    """
    head, path = _read_head(root / FOLDER / HEAD), log_path(root)  # the head first: the log only grows
    content = path.read_bytes() if path.is_file() else b""
    *lines, torn = content.split(b"\n")
    entries: list[LogEntry] = []
    for number, line in enumerate(lines, start=1):
        entry = read_line(line, number, entries[-1].hash if entries else "")
        if entry is None:
            raise InputError(
                "the line is not what was written: the chain of hashes breaks here",
                source=str(path),
                rows=[number],
                do=_RESTORE,
            )
        entries.append(entry)
    if len(entries) < head.entries or (head.entries and entries[head.entries - 1].hash != head.hash):
        raise InputError(
            "entries are missing at the end, or were replaced",
            source=str(path),
            value=f"{len(entries)} entries",
            expected=f"{head.entries}, as {HEAD} says, the last with the hash {head.hash[:12]}",
            do=_RESTORE,
        )
    return MergeLog(tuple(entries), len(torn))


def append_decisions(
    root: Path, at: str, decide: Callable[[MergeLog], Sequence[SignedDecision]]
) -> tuple[LogEntry, ...]:
    """Append what `decide` returns for the log as it is, and return the new entries, which are on disk then.

    No other process writes between reading and writing. What `decide` raises leaves the log as it was, as does a decision without
    who and why.
    """
    folder = root / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder / LOCK):
        log = read_merges(root)
        found: list[LogEntry] = []
        for decision, who, reason in decide(log):
            by, why = stated("who", who), stated("why", reason)
            last = found[-1] if found else log.entries[-1] if log.entries else None
            number, before = (last.number + 1, last.hash) if last else (1, "")
            entry = LogEntry(number=number, at=at, by=by, why=why, decision=decision, before=before)
            found.append(entry.sealed())
        if found:
            _write(log_path(root), b"".join(line_of(entry) + b"\n" for entry in found), log.torn)
            with replacing(folder / HEAD, 0o600) as file:
                file.write(msgspec.json.encode(LogHead(found[-1].number, found[-1].hash)))
    return tuple(found)


def _read_head(path: Path) -> LogHead:
    if not path.is_file():
        return LogHead()
    content = path.read_bytes()
    try:
        head = msgspec.json.decode(content, type=LogHead)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        head = None
    if (
        head is None
        or msgspec.json.encode(head) != content
        or head.entries < 0
        or (head.entries == 0) != (not head.hash)
    ):
        raise InputError("the file is not what was written", source=str(path), do=_RESTORE)
    return head


def _write(path: Path, lines: bytes, torn: int) -> None:
    """Append lines to a file of mode 0600 in place of the torn bytes at its end, and wait until they are on disk."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        end = os.lseek(file, 0, os.SEEK_END)
        if torn:
            os.ftruncate(file, end - torn)
            os.lseek(file, end - torn, os.SEEK_SET)
        while lines:
            lines = lines[os.write(file, lines) :]
        os.fsync(file)
    finally:
        os.close(file)
