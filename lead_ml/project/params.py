"""``params.yaml``: every number a data scientist may change, and where the data is.

One file is one run: it is validated to the last key, saved with the bundle and logged with the run.
"""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lead_ml.declare import span
from lead_ml.errors import DeclarationError, ParamsError

DEFAULT_MISSING = ("", "n/a", "na", "null", "none", "nan", "select", "-", "--", "无", "未知", "不详")
_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+@")
Points = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-60, le=60)]
DATE_SPELLINGS = ("excel", "unix", "day_first", "month_first")
DEFAULT_AGES = (1, 3, 7, 14, 30, 60, 90, 180, 365)


class Section(BaseModel):
    """A frozen section that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TableParams(Section):
    """Where one table is and how its columns are called.

    Give ``path`` (one or several files or globs, CSV or Parquet, relative to the data folder) or ``url`` with
    ``table`` or ``query``. ``columns`` maps our name to theirs; columns not named keep their own name. ``constants``
    gives a column that the file lacks one value in every row, such as ``stage: won`` for a table of deals.
    ``end_of_day: false`` says that a date without a time is known at the start of that day.

    An export that is no tidy table is described, never edited. ``dates`` says how a column of instants is spelled where
    its text alone does not tell: ``excel`` (days since 1899-12-30, such as 44301.5), ``unix`` (seconds or milliseconds),
    ``day_first`` (31/12/2024), ``month_first`` (12/31/2024), or a format of :func:`time.strptime` such as ``%d.%m.%y``.
    ``decimal: ","`` reads ``1.234,56`` as 1234.56. ``number_rows: true`` numbers the rows where there is no lead id.
    ``where_filled`` names a column of ours without which a row is none of this table, such as ``occurred_at`` where the
    leads file has a column for the day of the deal. ``stages`` maps their stages to ours. ``defaults`` says what an empty
    cell of a column means, such as ``{converted: "no"}``.
    """

    path: str | list[str] | None = None
    url: str | None = None
    table: str | None = None
    query: str | None = None
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    separator: str | None = None
    encoding: str = "utf-8"
    end_of_day: bool = True
    dates: dict[str, str] = {}
    decimal: Literal[".", ","] = "."
    number_rows: bool = False
    where_filled: str | None = None
    stages: dict[str, str] = {}
    defaults: dict[str, str] = {}

    @field_validator("dates")
    @classmethod
    def _is_spelling(cls, value: dict[str, str]) -> dict[str, str]:
        for spelling in value.values():
            if spelling not in DATE_SPELLINGS and not _is_format(spelling):
                raise ValueError(
                    f"unknown spelling {spelling!r}; use {', '.join(DATE_SPELLINGS)} or a format such as %d.%m.%Y %H:%M"
                )
        return value

    @model_validator(mode="after")
    def _one_place(self) -> TableParams:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (files) or url (a database), not both and not neither")
        if self.url is not None and (self.table is None) == (self.query is None):
            raise ValueError("a url needs either table or query")
        return self


class ExtraParams(TableParams):
    """A table of third-party data, joined as it was known at each moment.

    ``key`` is the lead column that finds its rows, or ``column:transform`` with a transform of :mod:`lead_ml.clean`, as
    ``email:company_domain``. The file has the same texts in a column ``key`` (map it in ``columns``), or one named like
    the lead column, and a column ``known_at`` of instants. Its other columns are attributes ``table.column``.
    """

    key: str = Field(min_length=1)

    @field_validator("key")
    @classmethod
    def _is_key(cls, value: str) -> str:
        if value.split(":", maxsplit=1)[0] == "lead_id":
            raise ValueError("rows by lead_id are columns of the leads, or changes in data.lead_history")
        return value


class DataParams(Section):
    """The tables, and the end of the data (default: the latest instant at which anything of a lead became known).

    Leads created before ``since`` are set aside, as where early outcomes were never recorded. ``lead_history`` tells the
    changes of the columns that ``known_at`` calls ``history``; ``extra`` are tables of third-party data by name.

    ``layout`` is a folder, or a URL such as ``s3://bucket/layout``, that ``lead-ml layout build`` writes the events to. Where it is
    set, events are read from it a partition at a time and no longer from their files, so they need not fit into memory.
    """

    leads: TableParams
    events: TableParams | None = None
    outcomes: TableParams | None = None
    lead_history: TableParams | None = None
    extra: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ExtraParams] = {}
    layout: str | None = None
    until: str | None = None
    since: str | None = None


class SnapshotParams(Section):
    """When each lead is looked at: ``settle`` after its creation, then at ``ages_days`` while it is still open."""

    settle: str = "1m"
    ages_days: tuple[int, ...] = DEFAULT_AGES

    @field_validator("settle")
    @classmethod
    def _is_span(cls, value: str) -> str:
        try:
            span(value)
        except DeclarationError as error:
            raise ValueError(str(error)) from error
        return value

    @property
    def settle_us(self) -> int:
        """Microseconds from creation to the first score."""
        return span(self.settle)


class SplitParams(Section):
    """How time is cut: ``test_share`` of the mature leads, the latest, are the forward window; ``folds`` windows
    roll before it. ``embargo: false`` only where labels are known at once (no horizon).
    """

    test_share: float = Field(0.2, gt=0, lt=0.9)
    folds: int = Field(4, ge=2, le=20)
    embargo: bool = True
    test_from: str | None = None


class EvaluationParams(Section):
    """How sure the figures are: ``bootstrap`` resamples of leads, for intervals of ``level``."""

    bootstrap: int = Field(500, ge=50, le=20_000)
    level: float = Field(0.95, gt=0.5, lt=1)


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

    Where ``l2_search`` holds values, the one with the lowest log-loss over all rolling windows takes the place of ``l2``;
    leave it empty to use ``l2``.
    """

    l2: float = Field(10.0, gt=0)
    l2_search: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
    prior: bool = True


class LightGBMParams(Section):
    """The booster; ``rounds`` is the number of trees. Names and meanings are LightGBM's own."""

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
    """Numbers of one target. ``horizon_days`` is None only for an outcome column without dates of its own.

    ``profile`` sets points of the ideal customer profile by hand, by feature and value (``(missing)`` where there is none).
    """

    horizon_days: float | None = Field(30, gt=0)
    profile: dict[str, dict[str, Points]] = {}
    scorecard: ScorecardParams = ScorecardParams()
    logistic: LogisticParams = LogisticParams()
    lightgbm: LightGBMParams = LightGBMParams()


class ThresholdParams(Section):
    """What the advice on the MQL and SQL lines assumes, and which method gives the lines a bundle starts with."""

    method: Literal["article", "capacity", "value", "precision", "recall"] = "capacity"
    sql_per_week: float = Field(20, gt=0)
    mql_per_week: float = Field(60, gt=0)
    cost_per_sql: float = Field(50, ge=0)
    cost_per_mql: float = Field(5, ge=0)
    value_per_win: float = Field(1_000, gt=0)
    sql_precision: float = Field(0.3, gt=0, lt=1)
    mql_precision: float = Field(0.12, gt=0, lt=1)
    sql_recall: float = Field(0.5, gt=0, lt=1)
    mql_recall: float = Field(0.85, gt=0, lt=1)
    fake_flag: float = Field(0.5, gt=0, lt=1)


class Params(Section):
    """The whole of ``params.yaml``."""

    project: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    data: DataParams
    time_zone: str = "UTC"
    seed: int = Field(7, ge=0)
    threads: int = Field(0, ge=0)
    synthetic: bool = False
    missing: tuple[str, ...] = DEFAULT_MISSING
    known_at: dict[str, Literal["creation", "history", "current"]] = {}
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
            raise ValueError(f"known_at: {fixed[0]} cannot be history; it never changes")
        if changing and self.data.lead_history is None:
            raise ValueError(
                f"known_at says history for {', '.join(changing)}, but no table tells the changes; "
                "name it as data.lead_history, or say creation or current"
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

    Raises
    ------
    ParamsError
        If the file is absent, is no YAML, or any key or value is not allowed; the message names the key, the value
        and what is allowed.
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
    """Check an already parsed mapping; see :func:`load_params`."""
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise ParamsError(f"{source}: " + "; ".join(_worded(item) for item in error.errors()[:5])) from error


def public(params: Params) -> dict[str, Any]:
    """Return the params as plain data for bundles and logs: passwords inside database URLs are blanked.

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


def _is_format(spelling: str) -> bool:
    """Tell whether a text is a format of strptime that finds at least the day."""
    try:
        found = datetime.strptime(datetime(2001, 12, 31).strftime(spelling), spelling)
    except ValueError:
        return False
    return (found.year, found.month, found.day) == (2001, 12, 31)


def _worded(item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(item["loc"][-1]), _known_keys(), n=1)
        return f"unknown key {place}" + (f" (did you mean {near[0]}?)" if near else "")
    if item["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {item['msg']}, got {item['input']!r}"


def _known_keys() -> set[str]:
    keys: set[str] = set()
    for model in _sections(Section):
        keys |= set(model.model_fields)
    return keys


def _sections(base: type[Section]) -> list[type[Section]]:
    return [found for child in base.__subclasses__() for found in (child, *_sections(child))]
