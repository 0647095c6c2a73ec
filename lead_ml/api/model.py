"""A trained model in Python: scores and reasons of a DataFrame of leads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from lead_ml.api.estimator import FeatureClassifier
from lead_ml.api.frames import Frame, arrow_of, check_columns
from lead_ml.errors import InputError
from lead_ml.language import Lang
from lead_ml.registry.frame import prepared_rows
from lead_ml.registry.runs import open_run
from lead_ml.scoring import Answer, Scorer, served_folder
from lead_ml.tables.cell_rules import TableRules

if TYPE_CHECKING:
    import pandas as pd

TOP = 5
ALL = 100


@dataclass(frozen=True, repr=False)
class Model:
    """A sealed version that scores DataFrames exactly as the service scores requests."""

    scorer: Scorer

    @classmethod
    def load(cls, folder: Path | str) -> Model:
        """Verify and load a bundle folder."""
        return cls(Scorer.load(Path(folder)))

    @property
    def version(self) -> str:
        """Version of the bundle."""
        return self.scorer.version

    def score(
        self,
        leads: Frame,
        events: Frame | None = None,
        *,
        as_of: Any = None,
        lang: Lang = "en",
        reasons: int = TOP,
    ) -> pd.DataFrame:
        """Score leads, each from its own row and its own events.

        Parameters
        ----------
        leads
            One lead a row: ``lead_id``, ``created_at`` and attributes, named as in the data the model was trained on.
        events
            Events of these leads: ``lead_id``, ``occurred_at``, ``type``. None means that events are unknown.
        as_of
            The moment at which to score, a timestamp or ISO 8601 text; now by default. A column ``as_of`` of `leads`
            gives each lead its own.
        lang
            Language of the reasons.
        reasons
            Strongest reasons to show on either side, 0-100; more where those left out would outweigh them.

        Returns
        -------
        pandas.DataFrame
            On the index of `leads`: ``lead_id``, ``probability`` (0-1) with its 90% interval ``lower`` and ``upper``,
            ``score`` (0-100), ``grade``, ``stage``, ``fake`` (probability, NaN without a fake model), ``fake_flag``, and ``reasons``:
            the strongest reasons in words with their points.

        Raises
        ------
        RequestError
            If a row cannot be read; the message names row and column.

        Examples
        --------
        >>> model.score(leads, events, as_of="2026-03-01T00:00:00Z")  # doctest: +SKIP
        """
        import pandas as pd

        rows = [_row(answer) for answer in self._answers(leads, events, as_of, lang, reasons)]
        index = getattr(leads, "index", None)
        table = pd.DataFrame(rows, columns=list(_COLUMNS))
        return table.set_index(index) if isinstance(index, pd.Index) else table

    def explain(
        self, leads: Frame, events: Frame | None = None, *, as_of: Any = None, lang: Lang = "en"
    ) -> pd.DataFrame:
        """Return every reason of every lead, one row per lead and feature; the parameters are those of :meth:`score`.

        Columns: ``lead_id``, ``feature``, ``family``, ``value`` (as text, None where missing), ``contribution`` on the logit,
        ``points`` on the score, ``text``. Features of one ``family`` describe one thing; reasons elsewhere show their sum. The row
        ``base``, all features and the row ``other``, the families worth 0.0 points, add up to the logit of the probability, to 1e-9.
        """
        import pandas as pd

        answers = self._answers(leads, events, as_of, lang, ALL)
        rows = [row for answer in answers for row in _explained(answer)]
        names = ["lead_id", "feature", "family", "value", "contribution", "points", "text"]
        return pd.DataFrame(rows, columns=names)

    def to_sklearn(self, target: str = "conversion") -> FeatureClassifier:
        """Return a fitted scikit-learn classifier of a target on the feature frame of :func:`lead_ml.features`."""
        parts = self.scorer.bundle.parts
        if target not in parts:
            raise InputError("no such target", source=self.version, value=target, expected=", ".join(parts))
        return FeatureClassifier(parts[target])

    def __repr__(self) -> str:
        """Return one line: version and candidates."""
        candidates = ", ".join(
            f"{name}: {part.fitted.candidate}" for name, part in self.scorer.bundle.parts.items()
        )
        return f"Model({self.version}, {candidates})"

    def _answers(
        self, leads: Frame, events: Frame | None, as_of: Any, lang: Lang, reasons: int
    ) -> list[Answer]:
        table, read = self._renamed(arrow_of(leads, "leads"), "leads"), self.scorer.bundle.schema.columns
        check_columns(table.column_names, ["lead_id"], "leads")
        known = {"lead_id", "created_at", "as_of", *read}
        frame = table.select([name for name in table.column_names if name in known]).to_pandas()
        if as_of is not None:
            frame["as_of"] = _moment(as_of)
        if events is not None:
            frame["events"] = _events_by_lead(
                self._renamed(arrow_of(events, "events"), "events"),
                frame["lead_id"].astype(str).tolist(),
                self.scorer.bundle.schema.rules.events,
            )
        now = time.time_ns() // 1_000
        prepared = prepared_rows(frame, self.scorer.bundle.schema, now, lang=lang, reasons=reasons)
        return self.scorer.score_prepared(prepared) if prepared else []

    def _renamed(self, table: pa.Table, name: str) -> pa.Table:
        """Rename the company's columns to those of the data contract, as ``params.yaml`` maps them; they replace any of these names."""
        place: dict[str, Any] = (self.scorer.bundle.params.get("data") or {}).get(name) or {}
        ours = {theirs: own for own, theirs in (place.get("columns") or {}).items()}
        mapped = {ours[column] for column in table.column_names if column in ours}
        kept = [column for column in table.column_names if column in ours or column not in mapped]
        return table.select(kept).rename_columns([ours.get(column, column) for column in kept])


def load_model(place: Path | str) -> Model:
    """Load a model: a runs folder or project (the version that serves), a bundle, or a registered model of MLflow.

    Parameters
    ----------
    place
        ``"runs"``, ``"my-company"``, ``"runs/3f2a..."``, a bundle folder, or an MLflow address such as
        ``"models:/my-company@champion"``.

    Raises
    ------
    InputError, BundleError
        If nothing there serves, or the bundle is damaged.
    """
    if str(place).startswith(("models:/", "runs:/")):
        from lead_ml.registry import downloaded

        with downloaded(str(place)) as bundle:
            return Model.load(bundle)
    folder = Path(place)
    if not folder.exists() and not (folder.parent.is_dir() and folder.parent.name == "runs"):
        raise InputError(
            "there is no such folder", source=str(place), expected="a project, its runs folder, or a bundle"
        )
    if (folder / "manifest.json").is_file():
        return Model.load(folder)
    if (folder / "bundle").is_dir():
        return Model.load(folder / "bundle")
    runs = folder / "runs" if (folder / "runs").is_dir() else folder
    if not runs.is_dir():
        runs, version = runs.parent, runs.name
        return Model.load(open_run(runs, version).bundle)
    return Model.load(served_folder(runs))


_COLUMNS = (
    "lead_id", "probability", "lower", "upper", "score", "grade", "stage", "fake", "fake_flag", "reasons",
)  # fmt: skip


def _row(answer: Answer) -> dict[str, Any]:
    both = sorted((*answer.reasons.for_, *answer.reasons.against), key=lambda reason: -abs(reason.points))
    return {
        **{name: getattr(answer, name) for name in _COLUMNS[:7]},
        "fake": np.nan if answer.fake is None else answer.fake.probability,
        "fake_flag": answer.fake is not None and answer.fake.flag,
        "reasons": [f"{reason.points:+.1f} {reason.text}" for reason in both],
    }


def _moment(value: Any) -> str:
    """Return a moment as ISO 8601 text; a date is its midnight."""
    import pandas as pd

    try:
        return str(pd.Timestamp(value).isoformat())
    except (TypeError, ValueError) as error:
        raise InputError(
            "is not a valid timestamp", source="as_of", value=value, expected="a timestamp or ISO 8601 text"
        ) from error


def _explained(answer: Answer) -> Iterator[tuple[Any, ...]]:
    yield answer.lead_id, "base", "", None, answer.base, np.nan, ""
    for reason in (*answer.reasons.for_, *answer.reasons.against):
        for r in reason.members or (reason,):
            value = None if r.value is None else str(r.value)
            yield answer.lead_id, r.feature, reason.family, value, r.contribution, r.points, r.text
    other = answer.reasons.other
    yield answer.lead_id, "other", "", None, other, answer.reasons.other_points, ""


def _events_by_lead(events: pa.Table, leads: Sequence[str], rules: TableRules) -> list[str]:
    """Return the events of each lead as the JSON list of a request; an empty list for a lead without any."""
    check_columns(events.column_names, ["lead_id"], "events")
    known = {"type", "occurred_at", "recorded_at", "event_id", "channel", "page", "session_id", "value"}
    by_lead: dict[str, list[dict[str, Any]]] = {}
    wanted = set(leads)  # a few leads of a long history: only their events are turned into Python objects
    mine = pa.array([str(lead) in wanted for lead in events["lead_id"].to_pylist()], pa.bool_())
    for row in events.filter(mine).to_pylist():
        cells = {"type": None, **{name: value for name, value in row.items() if name in known}}
        kept = {
            name: _cell(name, value, rules)
            for name, value in cells.items()
            if rules.text(name, value) is not None
        }
        by_lead.setdefault(str(row["lead_id"]), []).append(kept)
    return [msgspec.json.encode(by_lead.get(lead, [])).decode() for lead in leads]


def _cell(name: str, value: Any, rules: TableRules) -> Any:
    """Return a cell as JSON carries it: a number for a ``value`` that is one, text or ISO 8601 for the rest."""
    value = rules.filled(name, value)
    if name == "value" and not isinstance(value, str):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
