"""The folder of one training run: the bundle, what was measured, and the scores behind the comparison.

::

    runs/<version>/run.json                     this record
    runs/<version>/bundle/                      the sealed scorer
    runs/<version>/evaluation-<target>.json     figures, windows, slices
    runs/<version>/forward-<target>.npz         probabilities of every candidate on the forward window
    runs/<version>/intake.json                  what was read, and which rows were rejected
    runs/<version>/audit.json                   which columns leak the outcome, where they were audited
    runs/<version>/channels.json                the sources compared, where leads have one
    runs/<version>/report.html                  the report, once written
    runs/champion.json                          which version serves
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.errors import InputError
from lead_ml.evaluation import Evaluation
from lead_ml.tables.dataset import Floats, Indices, Instants

TARGETS = ("conversion", "fake")
_T = TypeVar("_T")
AUDIT_FILE = "audit.json"
_ARRAYS = ("lead_id", "as_of", "y", "weight", "group")


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Inputs of a run by digest, its seed, and the candidate that it selects per target.

    ``features`` digests the declarations; two runs with the same ``features`` and ``candidates`` are a refresh of one
    recipe. ``fit_until`` is the end of the data, microseconds UTC. ``flagged_features`` are those of ``left_out_features`` whose
    columns a leakage audit found to be leaks; the columns of all others may be overwritten. ``hand_written`` is whether the
    scorecard of conversion has rules, ``not_evaluated`` why a target could not be evaluated.
    """

    version: str
    project: str
    synthetic: bool
    seed: int
    fit_until: int
    dated: bool
    data_digests: dict[str, str]
    project_digest: str
    features: str
    candidates: dict[str, str]
    left_out_features: tuple[str, ...]
    cold_start_stage: str
    flagged_features: tuple[str, ...] = ()
    hand_written: bool = True
    not_evaluated: dict[str, str] = {}


@dataclass(frozen=True)
class ForwardScores:
    """Probabilities of every candidate on the forward window of a run; all arrays are (rows,)."""

    lead_id: npt.NDArray[np.str_]
    as_of: Instants
    y: Floats
    weight: Floats
    group: Indices
    probability: Mapping[str, Floats]

    def save(self, path: Path) -> None:
        """Write as ``.npz`` without objects."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {f"p_{candidate}": values for candidate, values in self.probability.items()}
        np.savez(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> ForwardScores:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            candidates = {name[2:]: file[name] for name in file.files if name.startswith("p_")}
            return cls(**{name: file[name] for name in _ARRAYS}, probability=candidates)


@dataclass(frozen=True)
class Run:
    """A run on disk."""

    folder: Path
    record: RunRecord

    @property
    def bundle(self) -> Path:
        """Folder of the sealed scorer."""
        return self.folder / "bundle"

    @property
    def targets(self) -> tuple[str, ...]:
        """Targets that were trained."""
        return tuple(target for target in TARGETS if target in self.record.candidates)

    def evaluation(self, target: str) -> Evaluation | None:
        """Return the figures of a target; None where there was too little data to evaluate."""
        path = self.folder / f"evaluation-{target}.json"
        return Evaluation.load(path) if path.is_file() else None

    def cold(self, target: str) -> str:
        """Say why a target without an evaluation has none, and what is used instead."""
        why = self.record.not_evaluated.get(target, "the known outcomes do not allow it")
        rules = target != "conversion" or self.record.hand_written
        used = "is used as written" if rules else "has no rules, so it gives every lead the same score"
        return f"not evaluated: {why}. The scorecard {used}"

    def forward(self, target: str) -> ForwardScores | None:
        """Return the scores on the forward window of a target, or None."""
        path = self.folder / f"forward-{target}.npz"
        return ForwardScores.load(path) if path.is_file() else None


def open_run(runs: Path | str, version: str = "latest") -> Run:
    """Open a run by version, by an unambiguous beginning of it, or the latest one trained.

    Raises
    ------
    InputError
        If there is no such run.
    """
    runs = Path(runs)
    if version == "latest":
        latest = runs / "latest.json"
        if not latest.is_file():
            raise InputError("nothing was trained yet", source=str(runs), do="run lead-ml train")
        version = _read(latest, dict[str, str]).get("version", "")
    known = sorted(path.parent for path in runs.glob("*/run.json"))
    found = [path for path in known if version and path.name.startswith(version)]
    if len(found) != 1:
        names = ", ".join(path.name for path in known)
        raise InputError("no such version", source=str(runs), value=version, expected=f"one of {names}")
    return Run(found[0], _read(found[0] / "run.json", RunRecord))


def _read(path: Path, of: type[_T]) -> _T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=of)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(
            f"is damaged, or was written by another lead-ml ({error})",
            source=str(path),
            do="move it away and train again: lead-ml train",
        ) from error


def save_record(folder: Path, record: RunRecord) -> None:
    """Write ``run.json`` and name the run the latest."""
    (folder / "run.json").write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
    (folder.parent / "latest.json").write_bytes(msgspec.json.encode({"version": record.version}))
