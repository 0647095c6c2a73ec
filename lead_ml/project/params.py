"""``params.yaml``: every number a data scientist may change, and where the data is.

One file describes one run: every key is checked, and it is saved with the bundle and logged with the run.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from lead_ml.declare import is_zone, span
from lead_ml.errors import DeclarationError, ParamsError
from lead_ml.project.crm_link import CrmPattern
from lead_ml.project.privacy_params import PrivacyParams
from lead_ml.project.section import Section, worded
from lead_ml.project.survivorship import MergeParams
from lead_ml.project.words import MISSING_WORDS

DEFAULT_MISSING = MISSING_WORDS
DATE_FORMATS = ("excel", "unix", "day_first", "month_first", "whole_day")
Penalty = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ProfilePoints = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-60, le=60)]
_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+@")


class TableParams(Section):
    """Where one table is and how its columns are called.

    Give ``path`` (one or several files or globs, CSV, Excel or Parquet, relative to the base directory for data) or ``url`` with
    ``table`` or ``query``. ``columns`` maps our names to theirs; other columns keep their own name. ``constants`` gives a column that
    the file lacks one value for all rows, such as ``stage: won`` for deals. ``sheet`` names the sheet of an Excel file (default: the
    first). With ``end_of_day: false`` a date without a time is known at the start of that day instead of its end.

    An untidy export is described here instead of being edited. ``dates`` declares the date format of a column whose text can
    mean two days: ``excel`` (days since 1899-12-30, such as 44301.5), ``unix`` (seconds or milliseconds),
    ``day_first`` (31/12/2024), ``month_first`` (12/31/2024), or a format of :func:`time.strptime` such as ``%d.%m.%y``.
    ``whole_day`` says that the times of a column are dates, such as midnights with an offset (2024-05-06T00:00:00+03:00): the day that
    begins at each of them is meant, known at its end as any date is. ``decimal: ","`` reads ``1.234,56`` as 1234.56. ``number_rows: true``
    uses row numbers as lead ids. Rows without a value in ``where_filled``, a column of ours, do not belong to this table.
    ``stages`` maps their stages to ours. ``defaults`` is the value of the empty cells of a column, such as ``{converted: "no"}``.
    """

    path: str | list[str] | None = None
    url: str | None = None
    table: str | None = None
    query: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    sheet: str | None = None
    separator: str | None = None
    encoding: str = "utf-8"
    end_of_day: bool = True
    dates: dict[str, str] = Field(default_factory=dict)
    decimal: Literal[".", ","] = "."
    number_rows: bool = False
    where_filled: str | None = None
    stages: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)

    @field_validator("dates")
    @classmethod
    def _are_date_formats(cls, value: dict[str, str]) -> dict[str, str]:
        for date_format in value.values():
            if date_format not in DATE_FORMATS and not _is_format(date_format):
                raise ValueError(
                    f"unknown date format {date_format!r}; use {', '.join(DATE_FORMATS)} or a format such as %d.%m.%Y %H:%M"
                )
        return value

    @model_validator(mode="after")
    def _one_place(self) -> TableParams:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (files) or url (a database)")
        if self.url is not None and (self.table is None) == (self.query is None):
            raise ValueError("a url needs either table or query")
        return self


class ExtraParams(TableParams):
    """A table of third-party data, joined as it was known at each time.

    ``key`` is the lead column that finds its rows, or ``column:transform`` with a transform of :mod:`lead_ml.clean`, as
    ``email:company_domain``. The file has the same texts in a column ``key`` (map it in ``columns``), or one named like
    the lead column, and a column ``known_at`` of timestamps. Its other columns are attributes ``table.column``.
    """

    key: str = Field(min_length=1)

    @field_validator("key")
    @classmethod
    def _is_key(cls, value: str) -> str:
        if value.split(":", maxsplit=1)[0] == "lead_id":
            raise ValueError("data by lead_id belongs in the leads table or in data.lead_history")
        return value


class DataParams(Section):
    """The tables, and the end of the data (default: just after the last time at which anything about a lead became known).

    Leads created before ``since`` are rejected, for example because early outcomes were never recorded. ``lead_history`` holds
    the changes of the columns declared ``known_at: history``; ``extra`` are tables of third-party data by name.

    ``layout`` is a folder, or a URL such as ``s3://bucket/layout``, that ``lead-ml layout build`` writes the events to. If it is
    set, events are read from it one partition at a time instead of from their files, so they need not fit into memory.
    """

    leads: TableParams
    events: TableParams | None = None
    outcomes: TableParams | None = None
    lead_history: TableParams | None = None
    extra: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ExtraParams] = Field(
        default_factory=dict
    )
    layout: str | None = None
    until: str | None = None
    since: str | None = None


class ClosingParams(Section):
    """How the leads table itself says that a lead is closed, beside the rows of ``data.outcomes``.

    ``stages`` maps values of the lead column ``column`` to ``won``, ``lost`` or ``invalid``; every other value is open. A lead
    whose ``reason`` (the column of the reason for losing it) is filled is lost. ``date`` is the column of the day on which a
    lead was closed; without a column, a lead with a date that is not in the future is closed too. A closing without a date
    is what is known now: it decides which leads are open at the end of the data, and never an earlier snapshot.
    """

    column: str | None = None
    stages: dict[str, Literal["won", "lost", "invalid"]] = Field(default_factory=dict)
    date: str | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _names_its_values(self) -> ClosingParams:
        if (self.column is None) == bool(self.stages):
            raise ValueError(
                "give column and stages together: a lead column, and which of its values are closed"
            )
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The lead columns that say it."""
        return tuple(name for name in (self.column, self.date, self.reason) if name is not None)


class PointsRule(Section):
    """Points for a lead whose feature is one of ``values``, or lies in [``at_least``, ``below``), or is missing."""

    feature: str
    points: float
    values: tuple[str, ...] = ()
    at_least: float | None = None
    below: float | None = None
    missing: bool = False

    @model_validator(mode="after")
    def _one_condition(self) -> PointsRule:
        ranged = self.at_least is not None or self.below is not None
        if bool(self.values) + ranged + self.missing != 1:
            raise ValueError("give exactly one of values, at_least/below, missing: true")
        return self


class ScorecardParams(Section):
    """The ideal customer profile in points. 6 points double the odds, as in the score; ``base_rate`` is the
    probability of a lead without points, used until there are labels.
    """

    base_rate: float = Field(0.05, gt=0, lt=1)
    rules: tuple[PointsRule, ...] = ()


class LogisticParams(Section):
    """``l2`` is the penalty on the squared coefficients, in units of one lead; ``prior`` starts from the scorecard.

    Where ``l2_search`` holds values, the one with the lowest log-loss over all rolling windows replaces ``l2``;
    leave it empty to use ``l2``.
    """

    l2: Penalty = 10.0
    l2_search: tuple[Penalty, ...] = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
    prior: bool = True


class LightGBMParams(Section):
    """LightGBM's own parameters; ``rounds`` is the number of trees."""

    rounds: int = Field(150, ge=1, le=10_000)
    learning_rate: float = Field(0.03, gt=0, le=1)
    num_leaves: int = Field(8, ge=2, le=1024)
    min_data_in_leaf: int = Field(40, ge=1)
    feature_fraction: float = Field(0.5, gt=0, le=1)
    bagging_fraction: float = Field(1.0, gt=0, le=1)
    lambda_l2: float = Field(1.0, ge=0)
    min_gain_to_split: float = Field(0.0, ge=0)
    max_bin: int = Field(255, ge=2)


class TargetParams(Section):
    """Parameters of one target. ``horizon_days`` is None only for an outcome column without dates.

    ``profile`` sets points of the ideal customer profile by hand, by feature and value (``(missing)`` for leads without a value).
    """

    horizon_days: float | None = Field(30, gt=0)
    profile: dict[str, dict[str, ProfilePoints]] = Field(default_factory=dict)
    scorecard: ScorecardParams = ScorecardParams()
    logistic: LogisticParams = LogisticParams()
    lightgbm: LightGBMParams = LightGBMParams()


class ThresholdParams(Section):
    """What the advice on the MQL and SQL thresholds assumes, and which method sets the thresholds a bundle starts with.

    ``currency`` is the ISO 4217 code of the costs and the value of a win, shown beside every amount.
    """

    method: Literal["opportunity_mean", "capacity", "value", "precision", "recall"] = "capacity"
    sql_per_week: float = Field(20, gt=0, le=1e12)
    mql_per_week: float = Field(60, gt=0, le=1e12)
    cost_per_sql: float = Field(50, ge=0, le=1e12)
    cost_per_mql: float = Field(5, ge=0, le=1e12)
    value_per_win: float = Field(1_000, gt=0, le=1e12)
    currency: str = Field("", pattern=r"^([A-Z]{3})?$")
    sql_precision: float = Field(0.3, gt=0, lt=1)
    mql_precision: float = Field(0.12, gt=0, lt=1)
    sql_recall: float = Field(0.5, gt=0, lt=1)
    mql_recall: float = Field(0.85, gt=0, lt=1)
    fake_flag: float = Field(0.5, gt=0, lt=1)


class SnapshotParams(Section):
    """When each lead is scored: ``scoring_delay`` after its creation, then at ``ages_days`` while it is still open."""

    scoring_delay: str = "1m"
    ages_days: tuple[int, ...] = (1, 3, 7, 14, 30, 60, 90, 180, 365)

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
    """The whole of ``params.yaml``.

    ``crm_url`` is the address of a lead in your CRM with ``{lead_id}`` in it: the worklist links each lead to it.
    """

    project: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    data: DataParams
    time_zone: str = "UTC"
    seed: int = Field(7, ge=0)
    threads: int = Field(0, ge=0)
    synthetic: bool = False
    crm_url: CrmPattern = ""
    missing: tuple[str, ...] = DEFAULT_MISSING
    known_at: dict[str, Literal["creation", "history", "current"]] = Field(default_factory=dict)
    trust: tuple[str, ...] = ()
    closing: ClosingParams = ClosingParams()
    privacy: PrivacyParams = PrivacyParams()
    reference_odds: float | None = Field(None, gt=0)
    snapshots: SnapshotParams = SnapshotParams()
    split: SplitParams = SplitParams()
    evaluation: EvaluationParams = EvaluationParams()
    thresholds: ThresholdParams = ThresholdParams()
    merge: MergeParams = MergeParams()
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
    def _has_ids_of_the_crm(self) -> Params:
        if self.crm_url and self.data.leads.number_rows:
            raise ValueError(
                "crm_url needs the ids of the CRM, but data.leads.number_rows uses row numbers as lead ids; "
                "map lead_id in data.leads.columns, or leave crm_url out"
            )
        return self

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
        if not is_zone(value):
            raise ValueError(f"unknown time zone {value!r}; use a name such as Asia/Shanghai")
        return value


def load_params(path: Path) -> Params:
    """Read and check ``params.yaml``; a ParamsError names the key, the value and what is allowed."""
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
    """Check the sections and keys of ``params.yaml``, already parsed; `source` names them in messages.

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


def _is_format(date_format: str) -> bool:
    """Tell whether a text is a strptime format that finds at least the day."""
    try:
        found = datetime.strptime(datetime(2001, 12, 31).strftime(date_format), date_format)
    except ValueError:
        return False
    return (found.year, found.month, found.day) == (2001, 12, 31)
