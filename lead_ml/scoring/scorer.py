"""Scoring: one code path for the single lead, the batch and the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.asof.join import Compiled, features_at, shared_plans
from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import RawColumns
from lead_ml.language import Lang
from lead_ml.model.metrics import sigmoid
from lead_ml.scoring.answer import Answer, FakeAnswer, validation_key
from lead_ml.scoring.bundle import Bundle, BundlePart, load_bundle
from lead_ml.scoring.golden import check_golden
from lead_ml.scoring.request import Prepared
from lead_ml.scoring.shared_keys import (
    LEAST_BURST,
    address_counts,
    age_warning,
    burst_warnings,
    shared_columns,
)
from lead_ml.scoring.thresholds import Thresholds, accepted_thresholds, grade_of, score_of, stage_of
from lead_ml.tables.dataset import Coded, Dataset, Floats
from lead_ml.tables.instants import iso


@dataclass(frozen=True)
class Scored:
    """One target of some leads: calibrated ``logit`` (rows,), ``contributions`` (rows, features + 1, last the base), the
    bounds ``lower`` and ``upper`` of the probability (rows,), and the raw feature values behind them.
    """

    part: BundlePart
    logit: Floats
    probability: Floats
    lower: Floats
    upper: Floats
    contributions: Floats
    raw: RawColumns

    def value(self, row: int, place: int) -> str | float | None:
        """Return the raw value of one feature in one row, None for missing."""
        return _value(self.raw[self.part.fitted.declarations[place].name], row)


@dataclass(frozen=True)
class Scorer:
    """A loaded bundle that scores. Immutable, so threads share it and a reload swaps it whole."""

    bundle: Bundle
    version: str
    thresholds: Thresholds
    folder: Path | None = None

    @classmethod
    def load(cls, folder: Path | str) -> Scorer:
        """Verify and load a bundle, and let it answer its golden rows.

        Raises
        ------
        BundleError
            If the bundle is damaged, too new, or answers otherwise than when it was written.
        """
        folder = Path(folder)
        bundle, manifest = load_bundle(folder)
        for name, part in bundle.parts.items():
            check_golden(name, part.golden, part.fitted)
        thresholds = accepted_thresholds(folder, bundle.thresholds, bundle.info.reference_odds)
        return cls(bundle, manifest.version, thresholds, folder)

    @cached_property
    def compiled(self) -> Compiled:
        """Compiled declarations."""
        return Compiled.of(self.bundle.declarations)

    @property
    def validation_key(self) -> str:
        """Under which name of the catalog the validation of its scores is worded."""
        return validation_key(self.bundle.info.validation, self.bundle.parts["conversion"].fitted.candidate)

    def score_prepared(self, requests: Sequence[Prepared]) -> list[Answer]:
        """Score checked requests; each sees the reference history of the bundle and its own events, never another request.

        Warnings say how old that history is, and which requests together look like a burst.
        """
        requests = self._warned(requests)
        raws = [self._features(request) for request in requests]
        scored = self._scored(_stacked(raws))
        return [self._answer(scored, k, request, 0) for k, request in enumerate(requests)]

    def score_dataset(
        self, dataset: Dataset, spine: Spine, *, lang: Lang = "en", top: int = 5
    ) -> list[Answer]:
        """Score snapshots of a whole data set, whose own history takes the place of that in the bundle."""
        raw = features_at(self.compiled, dataset, spine)
        return self.score_features(raw, dataset, spine, lang=lang, top=top)

    def score_features(
        self, raw: RawColumns, dataset: Dataset, spine: Spine, *, lang: Lang = "en", top: int = 5
    ) -> list[Answer]:
        """Score snapshots whose features are there; of `dataset` only the ids count, and whether it has events."""
        scored, asked = self._scored(raw), Prepared(dataset, spine, lang, top)
        return [self._answer(scored, k, asked, k) for k in range(len(spine))]

    def scored(self, dataset: Dataset, spine: Spine) -> Mapping[str, Scored]:
        """Return the arrays behind :meth:`score_dataset`, by target."""
        return self._scored(features_at(self.compiled, dataset, spine))

    @cached_property
    def shared_columns(self) -> tuple[str, ...]:
        """Lead columns whose values many leads share and features count, as of the end of the bundle's data."""
        return shared_columns(shared_plans(self.compiled.plans)) if self.bundle.info.dated else ()

    def _warned(self, requests: Sequence[Prepared]) -> list[Prepared]:
        facts = self.bundle.info
        counts = address_counts(self.bundle.declarations) if len(requests) >= LEAST_BURST else ()
        bursts = burst_warnings(requests, counts, facts.most_shared)
        return [
            replace(
                request,
                warnings=(
                    *request.warnings,
                    *age_warning(int(request.spine.as_of[0]), facts.until, self.shared_columns),
                    *burst,
                ),
            )
            for request, burst in zip(requests, bursts, strict=True)
        ]

    def _features(self, request: Prepared) -> RawColumns:
        dataset = replace(request.dataset, extra=self.bundle.extra)
        return features_at(self.compiled, dataset, request.spine, reference=self.bundle.reference)

    def _scored(self, raw: RawColumns) -> dict[str, Scored]:
        return {name: score_part(part, raw) for name, part in self.bundle.parts.items()}

    def _answer(self, scored: Mapping[str, Scored], row: int, asked: Prepared, place: int) -> Answer:
        """Word one row for the snapshot at that place of what was asked."""
        main = scored["conversion"]
        part = None if "fake" in self.bundle.info.constant else scored.get("fake")
        logit, validation, dated = float(main.logit[row]), self.bundle.info.validation, self.bundle.info.dated
        fake = None if part is None else self._fake(part, row, asked)
        flagged = fake is not None and fake.flag
        graded = validation != "no_signal" and not flagged
        lines = self.thresholds.mql_logit, self.thresholds.sql_logit
        stage = stage_of(logit, *lines) if graded else "none"
        return Answer(
            **_shown(main, row, asked),
            lead_id=asked.dataset.leads.lead_id[int(asked.spine.lead[place])],
            as_of=iso(int(asked.spine.as_of[place])) if dated else "",
            score=float(score_of(logit, self.bundle.info.reference_odds)),
            grade=grade_of(logit, *lines) if graded else None,
            stage="verify" if flagged else stage,
            validation=validation,
            groups=main.part.explainer.group_sums(main.contributions[row, :-1]),
            families=main.part.explainer.family_sums(main.contributions[row, :-1]),
            fake=fake,
            model_version=self.version,
            thresholds_version=self.thresholds.version,
            reference_until=iso(self.bundle.info.until) if dated else "",
            events_supplied=asked.dataset.events is not None,
            ignored=asked.ignored,
            warnings=asked.warnings,
        )

    def _fake(self, scored: Scored, row: int, asked: Prepared) -> FakeAnswer:
        flag = bool(scored.probability[row] >= self.bundle.info.fake_flag)
        return FakeAnswer(flag=flag, **_shown(scored, row, asked))


def score_part(part: BundlePart, raw: RawColumns) -> Scored:
    """Score rows of raw features with one target."""
    raw = part.fitted.completed(raw)
    X = part.fitted.encoder.transform(raw)
    logit = np.asarray(part.calibration.apply(part.fitted.model.predict_logit(X)))
    contributions = part.calibration.scale_contributions(part.fitted.model.contributions(X))
    lower, upper = part.interval.bounds(logit)
    return Scored(part, logit, sigmoid(logit), lower, upper, contributions, raw)


def _shown(scored: Scored, row: int, asked: Prepared) -> dict[str, Any]:
    """What is shown of either target."""
    part, contributions = scored.part, scored.contributions[row]
    return {
        "probability": float(scored.probability[row]),
        "lower": float(scored.lower[row]),
        "upper": float(scored.upper[row]),
        "candidate": part.fitted.candidate,
        "base": float(contributions[-1]),
        "reasons": part.explainer.reasons(
            contributions[:-1], partial(scored.value, row), asked.lang, asked.top
        ),
    }


def _stacked(raws: Sequence[RawColumns]) -> RawColumns:
    return raws[0] if len(raws) == 1 else {name: _joined([raw[name] for raw in raws]) for name in raws[0]}


def _joined(columns: Sequence[Any]) -> Coded | Floats:
    if isinstance(columns[0], Coded):
        return Coded.of([value for column in columns for value in column.values()])
    return np.concatenate(columns)


def _value(column: Coded | Floats, row: int) -> str | float | None:
    if isinstance(column, Coded):
        code = int(column.codes[row])
        return None if code < 0 else column.levels[code]
    value = float(column[row])
    return None if np.isnan(value) else value
