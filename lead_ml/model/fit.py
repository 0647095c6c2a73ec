"""One fit: a code book and a classifier, learned from the rows of one window and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np

from lead_ml.asof.encode import Encoder, fit_encoder, fit_matrix
from lead_ml.asof.matrix import RawColumns, RowsOf, blocks, take
from lead_ml.declare import Declaration, Profile
from lead_ml.errors import BundleError, DeclarationError
from lead_ml.model import Classifier, ColumnInfo, LightGBM, Logistic, Scorecard, compile_rules
from lead_ml.model.design import Design
from lead_ml.model.icp import LearnedProfile, agreement, learn, out_of_fold
from lead_ml.model.lightgbm import TrainBooster, train_booster_here
from lead_ml.project.params import TargetParams
from lead_ml.project.targets import Candidate, ModelSpec
from lead_ml.tables.dataset import Floats, Indices

CLASSES: Mapping[Candidate, type[Classifier]] = {
    "scorecard": Scorecard,
    "logistic": Logistic,
    "lightgbm": LightGBM,
}
PROFILE_FILE = "profile.json"


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a fit, apart from the rows; ``train_booster`` trains the booster of lightgbm."""

    candidate: Candidate
    spec: ModelSpec
    params: TargetParams
    seed: int
    threads: int = 0
    train_booster: TrainBooster = train_booster_here


@dataclass(frozen=True)
class Fitted:
    """A code book with the classifier that reads its matrix, and the customer profiles behind it, by feature."""

    candidate: Candidate
    declarations: tuple[Declaration, ...]
    encoder: Encoder
    model: Classifier
    profiles: Mapping[str, LearnedProfile] = field(default_factory=dict)

    def matrix(self, raw: RawColumns) -> Floats:
        """Return the float64 matrix (rows, features) of raw feature columns."""
        return self.encoder.transform(self.completed(raw))

    def logit(self, raw: RawColumns, rows: Indices) -> Floats:
        """Return the log-odds of some rows of raw columns, block by block."""
        return logits((self,), raw, rows)[0]

    def completed(self, raw: RawColumns) -> RawColumns:
        """Return the raw columns with the agreement to each profile filled in."""
        if not self.profiles:
            return raw
        found = {p.name: agreement(p, self.profiles[p.name], raw) for p in profiles_of(self.declarations)}
        return {**raw, **found}

    def save(self, folder: Path) -> None:
        """Write ``encoding.json``, ``candidate.json``, the classifier's own files and, where there is one, ``profile.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "candidate.json").write_bytes(msgspec.json.encode({"candidate": self.candidate}))
        books = {"encoding.json": self.encoder, **({PROFILE_FILE: self.profiles} if self.profiles else {})}
        for name, content in books.items():
            (folder / name).write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1))
        self.model.save(folder / "model")

    @classmethod
    def load(cls, folder: Path, declarations: Sequence[Declaration]) -> Fitted:
        """Read what :meth:`save` wrote; `declarations` hold at least the features of the code book."""
        candidate = msgspec.json.decode((folder / "candidate.json").read_bytes())["candidate"]
        if candidate not in CLASSES:
            raise BundleError(
                "unknown candidate",
                value=candidate,
                expected=f"one of {', '.join(CLASSES)}",
                do="upgrade lead-ml",
            )
        encoder = msgspec.json.decode((folder / "encoding.json").read_bytes(), type=Encoder)
        by_name = {item.name: item for item in declarations}
        seen = tuple(by_name[name] for name in encoder.names)
        data = (folder / PROFILE_FILE).read_bytes() if profiles_of(seen) else b"{}"
        profiles = msgspec.json.decode(data, type=dict[str, LearnedProfile])
        return cls(candidate, seen, encoder, CLASSES[candidate].load(folder / "model"), profiles)


def profiles_of(declarations: Sequence[Declaration]) -> tuple[Profile, ...]:
    """Return the customer profiles among declarations."""
    return tuple(item for item in declarations if isinstance(item, Profile))


def features_of(spec: ModelSpec, declarations: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Return the declarations of the groups that a model sees; the fake model does not see customer profiles.

    Raises DeclarationError where no group has features, or a monotone sign names no feature of the model.
    """
    apart = profiles_of(declarations) if spec.name == "fake" else ()
    seen = tuple(item for item in declarations if item.group in spec.groups and item not in apart)
    if not seen:
        raise DeclarationError(
            f"groups of model {spec.name}", value=spec.groups, expected="a group with features"
        )
    stray = sorted(set(spec.monotone) - {item.name for item in seen})
    if stray:
        raise DeclarationError(f"monotone signs of model {spec.name} name no feature of it", value=stray)
    return seen


@dataclass(frozen=True)
class FitRows:
    """The rows of a fit: their raw feature columns, and the lead, label (0.0 or 1.0) and weight of each row, all (rows,).

    Leads of one person or account share a group, of which ``groups`` are those of all leads; each lead is its own by default.
    """

    raw: RowsOf
    lead: Indices
    y: Floats
    weight: Floats
    groups: Indices | None = None

    @property
    def person(self) -> Indices:
        """Group of each row (rows,)."""
        return self.lead if self.groups is None else self.groups[self.lead]


def fit(recipe: Recipe, declarations: Sequence[Declaration], rows: FitRows) -> Fitted:
    """Fit one candidate; `declarations` are the features of the model, in matrix order."""
    return fit_all((recipe,), declarations, rows)[0]


def fit_all(
    recipes: Sequence[Recipe], declarations: Sequence[Declaration], rows: FitRows
) -> tuple[Fitted, ...]:
    """Fit recipes that differ in candidate and penalty only: profiles, code book, matrix and design are built once.

    The classifier sees each row's agreement with a profile learned from other folds, never from its own outcome.
    """
    first = recipes[0]
    profiles, raw = _profiled(first, declarations, rows)
    encoder = fit_encoder(declarations, raw, rows.lead, _named(first))
    X = fit_matrix(encoder, raw, rows.lead, first.seed)
    columns = columns_of(declarations, encoder, first.spec)
    design: Design | None = None
    found = []
    for recipe in recipes:
        model = _classifier(recipe, columns, encoder)
        if isinstance(model, Logistic):
            design = design or model.design(X, rows.y, rows.weight, columns)
            model.fit_design(design)
        else:
            model.fit(X, rows.y, sample_weight=rows.weight, columns=columns)
        found.append(Fitted(recipe.candidate, tuple(declarations), encoder, model, profiles))
    return tuple(found)


def columns_of(
    declarations: Sequence[Declaration], encoder: Encoder, spec: ModelSpec
) -> tuple[ColumnInfo, ...]:
    """Describe the matrix columns to a classifier."""
    return tuple(
        ColumnInfo(item.name, "category", encoder.categories[item.name].n_codes)
        if item.name in encoder.categories
        else ColumnInfo(item.name, "number", monotone=spec.monotone.get(item.name, 0))
        for item in declarations
    )


def logits(fits: Sequence[Fitted], raw: RawColumns, rows: Indices) -> list[Floats]:
    """Return the log-odds (rows,) by each of some fits, which share a code book, of some rows of raw columns."""
    found: list[list[Floats]] = [[] for _ in fits]
    for part in blocks(len(rows)):
        X = fits[0].matrix(take(raw, rows[part]))
        for own, fitted in zip(found, fits, strict=True):
            own.append(fitted.model.predict_logit(X))
    return [np.concatenate(own) for own in found]


def _profiled(
    recipe: Recipe, declarations: Sequence[Declaration], rows: FitRows
) -> tuple[dict[str, LearnedProfile], RowsOf]:
    """Learn the profiles, and fill in the out-of-fold agreement of the fit rows."""
    hand = recipe.params.profile
    learned, own = {}, dict[str, Floats]()
    for item in profiles_of(declarations):
        learned[item.name] = learn(item, rows.raw, rows.lead, rows.y, hand)
        own[item.name] = out_of_fold(item, rows.raw, rows.lead, rows.person, rows.y, hand, recipe.seed)
    return learned, replace(rows.raw, own=own)


def _named(recipe: Recipe) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for rule in recipe.params.scorecard.rules:
        found[rule.feature] = found.get(rule.feature, frozenset()) | frozenset(rule.values)
    return found


def _classifier(recipe: Recipe, columns: tuple[ColumnInfo, ...], encoder: Encoder) -> Classifier:
    params = recipe.params
    if recipe.candidate == "lightgbm":
        return LightGBM(
            params=params.lightgbm,
            seed=recipe.seed,
            num_threads=recipe.threads,
            train_booster=recipe.train_booster,
        )
    rules = compile_rules(
        params.scorecard.rules, columns, lambda name, value: encoder.categories[name].code_of(value)
    )
    scorecard = Scorecard(rules=rules, base_rate=params.scorecard.base_rate)
    if recipe.candidate == "scorecard":
        return scorecard
    return Logistic(l2=params.logistic.l2, prior=scorecard if params.logistic.prior and rules else None)
