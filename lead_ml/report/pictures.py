"""Pictures of the contributions behind scores, for many snapshots, for one lead and for one feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from markupsafe import Markup

from lead_ml.declare import Declaration
from lead_ml.language import catalog
from lead_ml.report.importance import NAME, global_importance
from lead_ml.report.style import BLUE, GRAY, INK, RED, chart, name_rows, note, short
from lead_ml.scoring import Scored
from lead_ml.scoring.reasons import value_text
from lead_ml.tables.dataset import Coded, Floats, Indices

MOST_ROWS = 2_000
SHOWN, STEPS, DEPENDENCES = 15, 10, 3
LOGIT = "contribution to the log-odds"
_BINS, _SPREAD = 100, 0.4


def global_pictures(
    scored: Scored, folder: Path, *, rows: int = MOST_ROWS, sampled_from: int | None = None, seed: int = 7
) -> list[Path]:
    """Draw pictures of one target as SVG files in a folder, beside ``importance.json`` on all that was scored.

    ``beeswarm.svg``, ``waterfall.svg`` of the snapshot with the highest score (both where any feature contributes), and a
    ``dependence-<feature>.svg`` of each of the strongest numeric features. At most `rows` snapshots are drawn, a random
    sample; `sampled_from` says of how many snapshots `scored` is one itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    measured = msgspec.json.encode(global_importance(scored, sampled_from))
    (folder / NAME).write_bytes(msgspec.json.format(measured, indent=1))
    sample = _Sample(scored, sampled(len(scored.logit), rows, seed))
    drawn = {"beeswarm": beeswarm(sample), "waterfall": waterfall(sample)}
    for k in sample.strongest_numbers()[:DEPENDENCES]:
        drawn[f"dependence-{sample.features[k].name}"] = dependence(sample, k)
    written = []
    for name, picture in drawn.items():
        if picture:
            written.append(folder / f"{name}.svg")
            written[-1].write_text(f"{picture}\n", encoding="utf-8", newline="\n")
    return written


@dataclass(frozen=True)
class _Sample:
    """The snapshots that are drawn: rows of what was scored."""

    scored: Scored
    rows: Indices

    @property
    def features(self) -> Sequence[Declaration]:
        return self.scored.part.fitted.declarations

    @property
    def title(self) -> str:
        return self.scored.part.spec.name

    @cached_property
    def contributions(self) -> Floats:
        """(rows, features), without the base."""
        return self.scored.contributions[self.rows, :-1]

    @cached_property
    def strongest(self) -> list[int]:
        """The features that contribute anything, by mean absolute contribution."""
        strength = np.abs(self.contributions).mean(axis=0)
        return [int(k) for k in np.argsort(-strength, kind="stable") if strength[k] > 0]

    def strongest_numbers(self) -> list[int]:
        """Return the strongest numeric features that take more than one value."""
        return [k for k in self.strongest if len(np.unique(self.numbers(k)[~np.isnan(self.numbers(k))])) > 1]

    def numbers(self, feature: int) -> Floats:
        """Return the values of a feature; those of a category have no order and are NaN."""
        column = self.scored.raw[self.features[feature].name]
        return np.full(len(self.rows), np.nan) if isinstance(column, Coded) else column[self.rows]


def beeswarm(sample: _Sample) -> Markup:
    """Every snapshot as a dot per feature: its contribution, colored by the value."""
    shown = sample.strongest[:SHOWN]
    if not shown:
        return Markup("")

    def draw(axes: Any) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        low_to_high = LinearSegmentedColormap.from_list("low to high", [BLUE, "#b79bd0", RED], bad=GRAY)
        for place, k in enumerate(shown):
            x = sample.contributions[:, k]
            colors = low_to_high(_ranks(sample.numbers(k)))
            axes.scatter(x, place + _SPREAD * _heights(x), s=7, c=colors, linewidths=0, rasterized=True)
        name_rows(axes, [sample.features[k].en for k in shown])
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_xlabel(LOGIT)
        for name, color in (("low value", BLUE), ("high value", RED), ("category or no value", GRAY)):
            axes.scatter([], [], s=28, color=color, label=name)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2)

    label = f"{sample.title}: contributions of the strongest features"
    return chart(label, (780, 80 + 24 * len(shown)), draw, margins=(310, 20, 28, 44))


def waterfall(sample: _Sample) -> Markup:
    """The contributions of the lead with the highest score, from the base to its log-odds."""
    row = int(sample.rows[np.argmax(sample.scored.logit[sample.rows])])
    parts, base = sample.scored.contributions[row, :-1], float(sample.scored.contributions[row, -1])
    order = [k for k in np.argsort(-np.abs(parts), kind="stable") if parts[k] != 0]
    if not order:
        return Markup("")
    names = [_with_value(sample.features[k], sample.scored.value(row, int(k))) for k in order[:STEPS]]
    steps = [float(parts[k]) for k in order[:STEPS]]
    if len(order) > STEPS:
        names.append(catalog("en")("report.other_features", count=len(order) - STEPS))
        steps.append(float(parts[order[STEPS:]].sum()))
    starts = base + np.concatenate([[0.0], np.cumsum(steps)])

    def draw(axes: Any) -> None:
        axes.plot([base, base], [-0.9, 0.35], color=INK, linewidth=1, linestyle="--")
        for k, (start, step) in enumerate(zip(starts, steps, strict=False)):
            axes.barh(k, step, 0.65, start, color=RED if step > 0 else BLUE)
            note(axes, f"{step:+.2f}", (max(start, start + step), k))
        name_rows(axes, names)
        axes.set_xlabel(f"log-odds, from the base {base:.2f} to {starts[-1]:.2f}")
        axes.margins(x=0.06)

    label = f"{sample.title}: contributions of the lead with the highest score"
    return chart(label, (780, 58 + 24 * len(steps)), draw, margins=(310, 50, 6, 44))


def dependence(sample: _Sample, feature: int) -> Markup:
    """The contribution of a numeric feature by its value."""
    item = sample.features[feature]

    def draw(axes: Any) -> None:
        axes.axhline(0, color=INK, linewidth=1)
        x, y = sample.numbers(feature), sample.contributions[:, feature]
        axes.scatter(x, y, s=16, color=BLUE, alpha=0.5, linewidths=0, rasterized=True)
        axes.set(xlabel=short(item.en), ylabel=LOGIT)
        axes.locator_params(axis="x", nbins=6, integer=bool(np.all(x[~np.isnan(x)] % 1 == 0)))

    label = f"{sample.title}: contribution of {item.en} by value"
    return chart(label, (336, 280), draw, margins=(58, 16, 12, 44))


def _with_value(item: Declaration, value: str | float | None) -> str:
    words = short(value_text(item, value, "en"), 18)
    return f"{short(item.en, 44 - len(words))}: {words}"


def _heights(x: Floats, seed: int = 7) -> Floats:
    """Return random heights of -1 to 1, smaller where there are fewer dots near."""
    near = np.searchsorted(np.linspace(x.min(), x.max(), _BINS), x)
    density = np.bincount(near)[near]
    spread = np.random.default_rng(seed).uniform(-1, 1, len(x))
    return np.asarray(spread * density / density.max(), dtype=np.float64)


def _ranks(values: Floats) -> Floats:
    """Return the rank of each value among the distinct ones, 0 to 1; NaN stays."""
    from scipy.stats import rankdata

    ranks = rankdata(values, method="dense", nan_policy="omit")
    return np.asarray((ranks - 1) / max(1.0, np.nanmax(ranks, initial=1.0) - 1), dtype=np.float64)


def sampled(size: int, most: int, seed: int) -> Indices:
    """Return `most` of so many row numbers at random, ascending; all of them where there are no more."""
    if size <= most:
        return np.arange(size, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(size, most, replace=False)).astype(np.int64)
