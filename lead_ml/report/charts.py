"""Charts of an evaluation and of the thresholds, each a function from a part of the data dict to one SVG.

A chart without data is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from lead_ml.evaluation import candidate_name
from lead_ml.report.style import (
    BLUE,
    GRAY,
    GREEN,
    INK,
    MUTED,
    PALE,
    chart,
    color_of,
    name_rows,
    note,
    percent_axis,
)
from lead_ml.tables.dataset import Floats

Record = Mapping[str, Any]
EMPTY = Markup("")
SQUARE = (370, 310)
DAY = 86_400_000_000
MOST_MONTHS = 8
REFERENCE: Mapping[str, Any] = {"color": MUTED, "linewidth": 1, "linestyle": "--"}


def losses(part: Record) -> Markup:
    """Forward log-loss of every candidate with its interval; the dashed line is the base rate."""
    rows = part["losses"]

    def draw(axes: Any) -> None:
        for k, row in enumerate(rows):
            cell, color = row["log_loss"], color_of(row["candidate"])
            if row["candidate"] == "base rate":
                axes.axvline(cell["value"], color=color, linewidth=1, linestyle="--")
            if cell["lower"] is not None:
                axes.plot([cell["lower"], cell["upper"]], [k, k], color=color, linewidth=2.5)
            axes.plot(cell["value"], k, "o", color=color, markersize=9)
            note(axes, f"{cell['value']:.4f}", (1, k), (10, 0), xycoords=axes.get_yaxis_transform())
        name_rows(axes, [candidate_name(row["candidate"]) for row in rows])
        axes.set_xlabel("log-loss, lower is better")
        axes.margins(x=0.08)

    size = (590, 58 + 34 * len(rows))
    return chart(f"{part['title']}: forward log-loss by candidate", size, draw, margins=(124, 70, 8, 44))


def timeline(part: Record) -> Markup:
    """The windows as bars in time: the fitted rows, the embargo, the evaluated rows."""
    windows = [row for row in part["windows"] if row["start_us"] is not None]
    if not windows:
        return EMPTY
    first, last = min(row["start_us"] for row in windows), max(row["end_us"] for row in windows)
    opens = first - (last - first) // 2 if part["fit_from_us"] is None else part["fit_from_us"]
    embargo = part["horizon_days"] or 0

    def draw(axes: Any) -> None:
        left = opens / DAY
        for k, row in enumerate(windows):
            start, end = row["start_us"] / DAY, row["end_us"] / DAY
            axes.barh(k, max(0, start - embargo - left), 0.6, left, color=GRAY)
            axes.barh(k, end - start, 0.6, start, color=BLUE if row is windows[-1] else PALE)
        name_rows(axes, [row["name"] for row in windows])
        axes.set_xlim(left, last / DAY)
        axes.xaxis_date()

    size = (720, 36 + 26 * len(windows))
    return chart(f"{part['title']}: windows in time", size, draw, margins=(96, 40, 6, 26))


def rates_by_month(part: Record) -> Markup:
    """Mean prediction against the observed rate, month by month, with the 90% interval of the rate."""
    rows = part["drift"]
    if len(rows) < 2:
        return EMPTY

    def draw(axes: Any) -> None:
        months = np.arange(len(rows))
        lower, upper, observed, predicted = _columns(
            rows, "lower", "upper", "observed_rate", "mean_prediction"
        )
        axes.vlines(months, lower, upper, color=INK, linewidth=1)
        axes.plot(months, observed, "o", color=INK, label="observed rate, 90% interval")
        axes.plot(months, predicted, "o-", color=BLUE, label="mean prediction")
        step = -(-len(rows) // MOST_MONTHS)
        axes.set_xticks(months[::step], [row["value"] for row in rows][::step])
        axes.set_xlabel("month of creation")
        axes.set_ylim(0, None)
        axes.grid(visible=False, axis="x")
        percent_axis(axes.yaxis)
        _legend_above(axes)

    label = f"{part['title']}: prediction against outcome by month"
    return chart(label, (560, 310), draw, margins=(54, 16, 34, 44))


def reliability(part: Record) -> Markup:
    """Observed rate against mean prediction in ten bins of equal weight, with a 90% interval over leads."""
    bins = part["reliability"]
    if not bins:
        return EMPTY
    top = max(max(row["upper"], row["predicted"]) for row in bins) * 1.06 or 1.0
    color = color_of(part["candidate"])

    def draw(axes: Any) -> None:
        predicted, observed, lower, upper = _columns(bins, "predicted", "observed", "lower", "upper")
        axes.plot([0, top], [0, top], **REFERENCE)
        axes.fill_between(predicted, lower, upper, color=color, alpha=0.15, linewidth=0)
        axes.plot(predicted, observed, "o-", color=color)
        axes.set(xlim=(0, top), ylim=(0, top), xlabel="mean prediction", ylabel="observed rate")
        percent_axis(axes.xaxis, axes.yaxis)

    return chart(f"{part['title']}: calibration on the forward window", SQUARE, draw)


def roc(part: Record) -> Markup:
    """True against false positive rate for every candidate."""
    return _curves(part, "roc", "ROC", "false positive rate", "true positive rate")


def gains(part: Record) -> Markup:
    """Share of the positives among the leads with the best scores."""
    return _curves(part, "gains", "gains", "share of leads, best score first", "share of positives")


def threshold_curve(thresholds: Record) -> Markup:
    """Precision and recall of every possible threshold over the score, with the thresholds in force."""
    rows = thresholds["curve"]
    scores = [row["score"] for row in rows]

    def draw(axes: Any) -> None:
        for key, color, label in (
            ("precision", BLUE, "precision: share of leads over the threshold that win"),
            ("recall", GREEN, "recall: share of wins over the threshold"),
        ):
            axes.plot(scores, [row[key] for row in rows], color=color, label=label)
        for name in ("mql", "sql"):
            score = thresholds["in_force"][f"{name}_score"]
            axes.axvline(score, color=INK, linewidth=1, linestyle="--")
            place = {"xycoords": axes.get_xaxis_transform(), "weight": "bold"}
            note(axes, f"{name.upper()} {score:.0f}", (score, 1), (4, -8), **place)
        axes.set(ylim=(0, 1), xlabel="threshold (score)")
        axes.margins(x=0)
        percent_axis(axes.yaxis)
        _legend_above(axes)

    return chart("Precision and recall by threshold", (720, 300), draw, margins=(54, 20, 34, 44))


def _curves(part: Record, key: str, name: str, x_title: str, y_title: str) -> Markup:
    if not part[key]:
        return EMPTY

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], **REFERENCE)
        for candidate, points in part[key].items():
            axes.plot(*zip(*points, strict=True), color=color_of(candidate), label=candidate_name(candidate))
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=x_title, ylabel=y_title)
        percent_axis(axes.xaxis, axes.yaxis)
        axes.legend(loc="lower right", frameon=True)

    label = f"{part['title']}: {name} on the forward window"
    return chart(label, SQUARE, draw, margins=(58, 22, 14, 44))


def _legend_above(axes: Any) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)


def _columns(rows: Sequence[Record], *names: str) -> Iterator[Floats]:
    """Return some columns of records as numbers; None is NaN."""
    return (np.array([row[name] for row in rows], dtype=np.float64) for name in names)
