"""A scorer as a folder, all of it data, under the seal of ``manifest.json``; see :func:`write_bundle` for its files.

Outside of the seal lies only ``thresholds.jsonl``, and only where a bundle belongs to no project: the thresholds that people
accepted (:mod:`lead_ml.scoring.thresholds.log`). ``history.npz`` are the scores that the threshold advice replays, ``reference/`` and ``extra/`` the state of keys that many leads share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import msgspec
import numpy as np

from lead_ml.asof.join import shared_plans
from lead_ml.asof.kernel import HistorySnapshot, compile_plans
from lead_ml.declare import Declaration, from_json, to_json
from lead_ml.errors import BundleError
from lead_ml.model import Calibration, CalibrationInterval
from lead_ml.model.fit import Fitted
from lead_ml.project.secret_key import key_of
from lead_ml.project.targets import ModelSpec, Signal
from lead_ml.scoring.answer import Validation
from lead_ml.scoring.extra_file import extra_from_arrays, extra_to_arrays
from lead_ml.scoring.golden import Golden
from lead_ml.scoring.known_values import known_values
from lead_ml.scoring.manifest import BundleManifest, seal, verify
from lead_ml.scoring.reasons import Evidence, Explainer
from lead_ml.scoring.request import LeadSchema
from lead_ml.scoring.shared_history import SharedHistory
from lead_ml.scoring.thresholds import Advice, History, Thresholds, replayable
from lead_ml.tables.cell_rules import CellRules
from lead_ml.tables.dataset import Extra

DEFAULTS = "default_thresholds.json"


class BundleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The scalars of a bundle: ``until`` is the end of its data, microseconds UTC; ``signal`` is that of conversion.

    ``personal`` are the columns whose values are held under pseudonyms. ``constant`` names the targets whose model gives every lead the same probability; that of fakes is not shown.
    ``most_shared`` says, by feature that counts the leads of an address or a phone, the count that 99% of leads stay within.
    """

    project: str
    synthetic: bool
    until: int
    columns: tuple[str, ...]
    rules: CellRules
    dated: bool
    reference_odds: float
    fake_flag: float
    cold_start_stage: str = ""
    most_shared: dict[str, float] = {}
    signal: Signal = "unknown"
    constant: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()

    @property
    def validation(self) -> Validation:
        """Whether scores were shown to be better than the base rate: yes, not yet, or no."""
        return {"signal": "validated", "unknown": "unvalidated"}.get(self.signal, "no_signal")  # type: ignore[return-value]


@dataclass(frozen=True)
class BundlePart:
    """One target of a scorer."""

    spec: ModelSpec
    horizon_days: float | None
    fitted: Fitted
    calibration: Calibration
    interval: CalibrationInterval
    evidence: Evidence
    golden: Golden

    @cached_property
    def explainer(self) -> Explainer:
        """What puts its contributions into words."""
        return Explainer(self.fitted.declarations, self.evidence, self.spec.name)


@dataclass(frozen=True)
class Bundle:
    """Everything that scoring needs, in memory. ``advice`` and ``history`` are empty where nothing could be replayed.

    ``key_id`` names the key of the pseudonyms in ``reference`` and ``extra``; empty where they hold none.
    """

    info: BundleInfo
    params: Mapping[str, Any]
    declarations: tuple[Declaration, ...]
    parts: Mapping[str, BundlePart]
    reference: Mapping[str, HistorySnapshot]
    thresholds: Thresholds
    advice: tuple[Advice, ...]
    history: History | None
    card: Mapping[str, Any]
    extra: Mapping[str, Extra] = field(default_factory=dict)
    key_id: str = ""

    @cached_property
    def schema(self) -> LeadSchema:
        """What a request must look like."""
        facts = self.info
        known = known_values(part.fitted for part in self.parts.values())
        known_from = facts.until if facts.dated and self.reference else None
        return LeadSchema(facts.columns, facts.rules, facts.dated, known, known_from)


class Replay(NamedTuple):
    """What thresholds are evaluated on under one bundle, without its models."""

    info: BundleInfo
    params: Mapping[str, Any]
    defaults: Thresholds
    history: History | None


def write_bundle(bundle: Bundle, folder: Path) -> BundleManifest:
    """Write a bundle into an empty or new folder and seal it; the same bundle always gives the same bytes."""
    if folder.exists() and any(folder.iterdir()):
        raise BundleError(f"{folder} is not empty", do="name a new folder; a bundle is never overwritten")
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "scorer.json", bundle.info)
    _write_json(folder / "params.json", bundle.params)
    _write_json(folder / "card.json", bundle.card)
    _write_json(folder / "advice.json", bundle.advice)
    _write_json(folder / DEFAULTS, bundle.thresholds)
    (folder / "features.json").write_bytes(to_json(bundle.declarations))
    if bundle.history is not None:
        np.savez(folder / "history.npz", **replayable(bundle.history).arrays())
    for name, part in bundle.parts.items():
        _write_part(part, folder / name)
    _write_numbered(folder / "reference", {k: state.to_arrays() for k, state in bundle.reference.items()})
    _write_numbered(folder / "extra", {k: extra_to_arrays(table) for k, table in bundle.extra.items()})
    return seal(folder, bundle.key_id)


def load_bundle(folder: Path) -> tuple[Bundle, BundleManifest]:
    """Verify the manifest, then read the bundle; raises BundleError where anything is missing, damaged or too new."""
    manifest = verify(folder)
    try:
        return _read(folder, manifest.key), manifest
    except (msgspec.MsgspecError, BadZipFile, OSError, KeyError, ValueError) as error:
        raise BundleError(
            f"{folder} cannot be read: {error}", do="it may come from another version of lead-ml"
        ) from error


def read_replay(folder: Path) -> Replay:
    """Read from a bundle, which somebody verified, what its thresholds are evaluated on; BundleError where it cannot be read."""
    history = folder / "history.npz"
    try:
        return Replay(
            info=msgspec.json.decode((folder / "scorer.json").read_bytes(), type=BundleInfo),
            params=msgspec.json.decode((folder / "params.json").read_bytes()),
            defaults=msgspec.json.decode((folder / DEFAULTS).read_bytes(), type=Thresholds),
            history=History.from_arrays(_arrays(history)) if history.is_file() else None,
        )
    except (msgspec.MsgspecError, BadZipFile, OSError, KeyError, ValueError) as error:
        raise BundleError(f"{folder} cannot be read: {error}", do="restore it from the registry") from error


def _read(folder: Path, key_id: str) -> Bundle:
    declarations = from_json((folder / "features.json").read_bytes())
    history = folder / "history.npz"
    info = msgspec.json.decode((folder / "scorer.json").read_bytes(), type=BundleInfo)
    shared = SharedHistory(
        _read_reference(folder / "reference", declarations),
        {name: extra_from_arrays(arrays) for name, arrays in _numbered(folder / "extra").items()},
    )
    if key_id:
        shared = shared.found_by(declarations, info.personal, key_of(folder, key_id))
    return Bundle(
        info=info,
        params=msgspec.json.decode((folder / "params.json").read_bytes()),
        declarations=declarations,
        parts={
            name: _read_part(folder / name, declarations)
            for name in ("conversion", "fake")
            if (folder / name).is_dir()
        },
        reference=shared.reference,
        thresholds=msgspec.json.decode((folder / DEFAULTS).read_bytes(), type=Thresholds),
        advice=msgspec.json.decode((folder / "advice.json").read_bytes(), type=tuple[Advice, ...]),
        history=History.from_arrays(_arrays(history)) if history.is_file() else None,
        card=msgspec.json.decode((folder / "card.json").read_bytes()),
        extra=shared.extra,
        key_id=key_id,
    )


def _write_part(part: BundlePart, folder: Path) -> None:
    folder.mkdir()
    _write_json(folder / "spec.json", {"spec": part.spec, "horizon_days": part.horizon_days})
    _write_json(folder / "calibration.json", {"calibration": part.calibration, "interval": part.interval})
    _write_json(folder / "evidence.json", part.evidence)
    part.fitted.save(folder)
    np.savez(folder / "golden.npz", X=part.golden.X, logit=part.golden.logit)


def _read_part(folder: Path, declarations: tuple[Declaration, ...]) -> BundlePart:
    spec = msgspec.json.decode((folder / "spec.json").read_bytes())
    calibration = msgspec.json.decode((folder / "calibration.json").read_bytes())
    return BundlePart(
        spec=msgspec.convert(spec["spec"], ModelSpec),
        horizon_days=spec["horizon_days"],
        fitted=Fitted.load(folder, declarations),
        calibration=msgspec.convert(calibration["calibration"], Calibration),
        interval=msgspec.convert(calibration["interval"], CalibrationInterval),
        evidence=msgspec.json.decode((folder / "evidence.json").read_bytes(), type=Evidence),
        golden=Golden(**_arrays(folder / "golden.npz")),
    )


def _read_reference(folder: Path, declarations: tuple[Declaration, ...]) -> dict[str, HistorySnapshot]:
    plans = {plan.name: plan for plan in shared_plans(compile_plans(declarations))}
    return {
        name: replace(HistorySnapshot.from_arrays(plans[name], arrays), anchored=True)
        for name, arrays in _numbered(folder).items()
    }


def _numbered(folder: Path) -> dict[str, dict[str, Any]]:
    found = [_arrays(path) for path in sorted(folder.glob("*.npz"))]
    return {str(arrays.pop("name")): arrays for arrays in found}


def _write_numbered(folder: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    if tables:
        folder.mkdir()
    for k, name in enumerate(sorted(tables)):
        np.savez(folder / f"{k:02d}.npz", name=np.array(name), **tables[name])


def _arrays(path: Path) -> dict[str, Any]:
    with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _write_json(path: Path, content: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=1))
