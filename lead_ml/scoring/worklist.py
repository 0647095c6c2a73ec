"""The last scoring of the open leads: what the sales leader's page shows and the registry of served bundles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from lead_ml.errors import BundleError, InputError
from lead_ml.language import Lang
from lead_ml.scoring.answer import Answer
from lead_ml.scoring.reasons import Reason, Reasons
from lead_ml.scoring.scorer import Scorer
from lead_ml.tables.durable import replacing

WORKLIST = "worklist.jsonl"
CHAMPION = "champion.json"


LeadState = Literal["open", "stale", "undecided"]


class WorklistRow(msgspec.Struct, frozen=True):
    """One open lead: what identifies it to a person (name, company, source, created_at ...), and its answer in English.

    ``state`` is ``stale`` for a lead far older than any that converted, and ``undecided`` where the data does not say which leads
    were lost, so that the lead has no outcome yet but may be closed; see :mod:`lead_ml.asof.open_leads`. ``link`` is the address
    of the lead in the CRM where the project names one.
    """

    lead: dict[str, str]
    answer: Answer
    state: LeadState = "open"
    link: str = ""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Which version serves: ``folder`` is relative to the runs folder; ``at`` is ISO 8601 UTC, ``forced`` the reason given where the promotion gate was overruled."""

    version: str
    folder: str
    at: str
    why: str
    forced: str | None = None


def write_worklist(rows: Iterator[WorklistRow], runs: Path) -> Path:
    """Write one JSON line per lead, best first, replacing the last worklist in one step."""
    encoder = msgspec.json.Encoder()
    with replacing(runs / WORKLIST, 0o600) as file:
        for row in rows:
            file.write(encoder.encode(row) + b"\n")
    return runs / WORKLIST


def read_worklist(runs: Path) -> list[WorklistRow]:
    """Read the last worklist; empty where none was written yet."""
    path = runs / WORKLIST
    if not path.is_file():
        return []
    decoder = msgspec.json.Decoder(WorklistRow)
    try:
        return [decoder.decode(line) for line in path.read_bytes().splitlines()]
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        raise InputError(
            "the worklist cannot be read", source=str(path), do="run lead-ml score again"
        ) from error


def reworded(reasons: Reasons, scorer: Scorer, target: str, lang: Lang) -> Reasons:
    """Return the same reasons in another language, worded by the bundle's own declarations and evidence."""
    explainer = scorer.bundle.parts[target].explainer

    def word(side: tuple[Reason, ...]) -> tuple[Reason, ...]:
        return tuple(explainer.reworded(reason, lang) for reason in side)

    return Reasons(word(reasons.for_), word(reasons.against), reasons.other)


def serve_version(runs: Path, served: Served) -> None:
    """Name the version that serves, in one step."""
    with replacing(runs / CHAMPION) as file:
        file.write(msgspec.json.format(msgspec.json.encode(served), indent=1))


def served_version(runs: Path) -> Served:
    """Return which version serves; raises BundleError if nothing was promoted yet."""
    path = runs / CHAMPION
    try:
        return msgspec.json.decode(path.read_bytes(), type=Served)
    except FileNotFoundError as error:
        raise BundleError(
            f"no version serves yet: {path} is missing", do="run lead-ml train and lead-ml promote"
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        do = "restore it, or delete it and promote a version again"
        raise BundleError(f"{path} cannot be read: {error}", do=do) from error


def served_folder(runs: Path) -> Path:
    """Return the folder of the bundle that serves."""
    return runs / served_version(runs).folder
