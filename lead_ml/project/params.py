"""``params.yaml``: every number a data scientist may change, and where the data is.

One file describes one run: every key is checked, and it is saved with the bundle and logged with the run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from lead_ml.declare import span
from lead_ml.errors import DeclarationError, ParamsError
from lead_ml.project.data_params import DataParams, ExtraParams, TableParams
from lead_ml.project.section import Section, worded
from lead_ml.project.target_params import (
    LightGBMParams,
    LogisticParams,
    PointsRule,
    ScorecardParams,
    TargetParams,
    ThresholdParams,
)
from lead_ml.project.words import MISSING_WORDS

__all__ = [
    "DEFAULT_AGES",
    "DEFAULT_MISSING",
    "DataParams",
    "EvaluationParams",
    "ExtraParams",
    "LightGBMParams",
    "LogisticParams",
    "Params",
    "PointsRule",
    "ScorecardParams",
    "SnapshotParams",
    "SplitParams",
    "TableParams",
    "TargetParams",
    "ThresholdParams",
    "load_params",
    "params_from",
    "public",
]
DEFAULT_MISSING = MISSING_WORDS
DEFAULT_AGES = (1, 3, 7, 14, 30, 60, 90, 180, 365)
_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+@")


class SnapshotParams(Section):
    """When each lead is scored: ``scoring_delay`` after its creation, then at ``ages_days`` while it is still open."""

    scoring_delay: str = "1m"
    ages_days: tuple[int, ...] = DEFAULT_AGES

    @field_validator("scoring_delay")
    @classmethod
    def _is_span(cls, value: str) -> str:
        try:
            span(value)
        except DeclarationError as error:
            raise ValueError(str(error)) from error
        return value

    @property
    def scoring_delay_us(self) -> int:
        """Microseconds from creation to the first score."""
        return span(self.scoring_delay)


class SplitParams(Section):
    """How time is split: ``test_share`` of the mature leads, the latest, are the forward window, with ``folds`` rolling
    windows before it. ``embargo: false`` only if labels are known at once (no horizon).
    """

    test_share: float = Field(0.2, gt=0, lt=0.9)
    folds: int = Field(4, ge=2, le=20)
    embargo: bool = True
    test_from: str | None = None


class EvaluationParams(Section):
    """Intervals: ``bootstrap`` resamples of leads, at confidence ``level``."""

    bootstrap: int = Field(500, ge=50, le=20_000)
    level: float = Field(0.95, gt=0.5, lt=1)


class Params(Section):
    """The whole of ``params.yaml``."""

    project: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    data: DataParams
    time_zone: str = "UTC"
    seed: int = Field(7, ge=0)
    threads: int = Field(0, ge=0)
    synthetic: bool = False
    missing: tuple[str, ...] = DEFAULT_MISSING
    known_at: dict[str, Literal["creation", "history", "current"]] = Field(default_factory=dict)
    trust: tuple[str, ...] = ()
    reference_odds: float | None = Field(None, gt=0)
    snapshots: SnapshotParams = SnapshotParams()
    split: SplitParams = SplitParams()
    evaluation: EvaluationParams = EvaluationParams()
    thresholds: ThresholdParams = ThresholdParams()
    conversion: TargetParams = TargetParams()
    fake: TargetParams = TargetParams()

    @field_validator("fake")
    @classmethod
    def _has_no_profile(cls, value: TargetParams) -> TargetParams:
        if value.profile:
            raise ValueError(
                "the ideal customer profile belongs to conversion; write conversion: {profile: ...}"
            )
        return value

    @model_validator(mode="after")
    def _has_history(self) -> Params:
        changing = [name for name, known_at in self.known_at.items() if known_at == "history"]
        fixed = [name for name in changing if name in ("lead_id", "created_at")]
        if fixed:
            raise ValueError(f"known_at: {fixed[0]} cannot be history, since it never changes")
        if changing and self.data.lead_history is None:
            raise ValueError(
                f"known_at says history for {', '.join(changing)}, but there is no table of changes; "
                "set data.lead_history, or use creation or current"
            )
        return self

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"unknown time zone {value!r}; use a name such as Asia/Shanghai") from error
        return value


def load_params(path: Path) -> Params:
    """Read and check ``params.yaml``.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Params
        Frozen; every key is checked.

    Raises
    ------
    ParamsError
        If the file does not exist, is not YAML, or any key or value is not allowed; the message names the key, the
        value and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ParamsError(
            f"{path} does not exist", do="run lead-ml init, or change to the folder of your project"
        ) from error
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ParamsError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise ParamsError(
            f"{path} must hold a mapping", value=content, expected="keys such as project, data, seed"
        )
    return params_from(content, source=str(path))


def params_from(content: dict[str, Any], *, source: str = "params") -> Params:
    """Check a mapping that is already parsed; see :func:`load_params`.

    Parameters
    ----------
    content
        Sections and keys as in ``params.yaml``.
    source
        Name of the content in messages.

    Returns
    -------
    Params

    Raises
    ------
    ParamsError
        If any key or value is not allowed.

    Examples
    --------
    >>> params_from({"project": "p", "data": {"leads": {"path": "leads.csv"}}}).snapshots.scoring_delay
    '1m'
    >>> params_from({"project": "p", "data": {"leads": {"path": "leads.csv"}}, "snapshots": {"settle": "1m"}})
    Traceback (most recent call last):
    lead_ml.errors.ParamsError: params: snapshots.settle is now called snapshots.scoring_delay.
    """
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise ParamsError(f"{source}: " + "; ".join(worded(item) for item in error.errors()[:5])) from error


def public(params: Params) -> dict[str, Any]:
    """Return the params as plain data for bundles and logs: passwords in database URLs are hidden.

    >>> _blank({"url": "postgresql://crm:secret@db/leads"})
    {'url': 'postgresql://crm:***@db/leads'}
    """
    blanked = _blank(params.model_dump(mode="json"))
    assert isinstance(blanked, dict)
    return blanked


def _blank(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _blank(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_blank(item) for item in value]
    return _PASSWORD.sub(r"\1:***@", value) if isinstance(value, str) else value
