"""The charts of the report, each a function from a part of the data dict to one SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from lead_ml.report.svg import INK, MUTED, RULE, Frame, Scale, box, dot, figure, line, text

KIND_COLOURS = {"lightgbm": "#1d5fd1", "logistic": "#c4570c", "scorecard": "#7a3fc4", "base rate": "#8793a3"}
GROUP_COLOURS = {"fit": "#1d5fd1", "engagement": "#0b8574", "channel": "#c07a08", "authenticity": "#b4235f"}
_GOOD, _LINE, _BAD = "#0b8574", "#1d5fd1", "#b4235f"
Record = Mapping[str, Any]


def colour_of(name: str) -> str:
    """Return the colour of a kind or a group."""
    return KIND_COLOURS.get(name) or GROUP_COLOURS.get(name, MUTED)


def losses(part: Record) -> Markup:
    """Forward log-loss of every kind with its interval; the base rate is the dashed line to beat."""
    cells = {row["kind"]: row["log_loss"] for row in part["losses"]}
    bounds = [
        cell[key] for cell in cells.values() for key in ("lower", "upper", "value") if cell[key] is not None
    ]
    pad = (max(bounds) - min(bounds)) * 0.08 or 0.01
    frame = Frame.of(
        (min(bounds) - pad, max(bounds) + pad),
        (0, 1),
        width=560,
        height=44 + 34 * len(cells),
        left=96,
        right=70,
    )
    marks = [_ruled(frame, "log-loss, lower is better")]
    for k, (kind, cell) in enumerate(cells.items()):
        y = 26 + 34 * k
        if kind == "base rate":
            x = frame.x(cell["value"])
            marks.append(line(x, 8, x, frame.y.start, colour_of(kind), dash="4 3"))
        marks.append(_whisker(frame.x, y, cell, colour_of(kind)))
        marks.append(text(88, y + 4, kind, anchor="end", colour=INK, size=12, bold=kind == part["kind"]))
        marks.append(text(frame.width - 64, y + 4, f"{cell['value']:.4f}", colour=INK, size=12))
    return frame.figure("Forward log-loss by kind", *marks)


def timeline(part: Record) -> Markup:
    """The windows as bars in time: what was fitted on, the embargo between, what was judged."""
    windows = [row for row in part["windows"] if row["start_us"] is not None]
    if not windows:
        return Markup("")
    first, last = min(row["start_us"] for row in windows), max(row["end_us"] for row in windows)
    opens = part["fit_from_us"] if part["fit_from_us"] is not None else first - (last - first) // 2
    scale = Scale(opens, last, 96, 700)
    embargo = (part["horizon_days"] or 0) * 86_400_000_000
    marks = [_window(scale, 14 + 26 * k, row, embargo, row is windows[-1]) for k, row in enumerate(windows)]
    foot = 26 + 26 * len(windows)
    edges = [opens, *(row["start_us"] for row in windows), last]
    labels = [row["start"][:10] for row in windows]
    shown = ["" if part["fit_from_us"] is None else part["fit_from"][:10], *labels, windows[-1]["end"][:10]]
    marks += _dates(scale, foot, edges, shown)
    return figure(720, foot + 12, "Windows in time", *marks)


def drift(part: Record) -> Markup:
    """Mean prediction against the observed rate, month by month, with the 90 % interval of the rate."""
    rows = part["drift"]
    if len(rows) < 2:
        return Markup("")
    top = max(max(row["upper"] or 0, row["mean_prediction"]) for row in rows) * 1.1 or 1.0
    frame = Frame.of((-0.5, len(rows) - 0.5), (0, top), width=560, height=300)
    months = [
        text(frame.x(k), frame.y.start + 15, row["value"], anchor="middle")
        for k, row in enumerate(rows)
        if k % max(1, len(rows) // 8) == 0
    ]
    marks = [_grid_y(frame, percent=True), *months]
    marks += [
        line(frame.x(k), frame.y(row["lower"]), frame.x(k), frame.y(row["upper"]), INK)
        for k, row in enumerate(rows)
        if row["lower"] is not None
    ]
    observed = [(k, row["observed_rate"]) for k, row in enumerate(rows)]
    predicted = [(k, row["mean_prediction"]) for k, row in enumerate(rows)]
    marks += [frame.path(predicted, _LINE), frame.dots(predicted, _LINE), frame.dots(observed, INK)]
    marks.append(_legend(56, 20, [("mean prediction", _LINE), ("observed rate, 90 % interval", INK)]))
    marks.append(text(304, frame.height - 6, "month of creation", anchor="middle", colour=INK))
    return frame.figure("Prediction against outcome by month", *marks)


def reliability(part: Record) -> Markup:
    """Observed rate against mean prediction in ten bins of equal weight, with a 90 % band over leads."""
    bins = part["reliability"]
    if not bins:
        return Markup("")
    top = max(max(row["upper"], row["predicted"]) for row in bins) * 1.06 or 1.0
    frame = Frame.of((0, top), (0, top))
    points = [(row["predicted"], row["observed"]) for row in bins]
    colour = colour_of(part["kind"])
    return frame.figure(
        "Calibration on the forward window",
        frame.axes("mean prediction", "observed rate", percent_x=True, percent_y=True, about=4),
        frame.path([(0, 0), (top, top)], MUTED, width=1, dash="4 3"),
        frame.band([(row["predicted"], row["lower"], row["upper"]) for row in bins], colour),
        frame.path(points, colour, width=1.5),
        frame.dots(points, colour),
    )


def roc(part: Record) -> Markup:
    """True against false positive rate for every kind."""
    return _curves(part["roc"], "false positive rate", "true positive rate", "ROC on the forward window")


def gains(part: Record) -> Markup:
    """Share of the positives found when the best-scored share of the leads is worked."""
    return _curves(
        part["gains"], "share of leads, best first", "share of positives", "Gains on the forward window"
    )


def importance(part: Record, top: int = 15) -> Markup:
    """Mean absolute contribution of the strongest features, in the colour of their group."""
    rows = [row for row in part["importance"]["features"][:top] if row["mean_abs"] > 0]
    return _bars([(row["en"], row["mean_abs"], row["group"]) for row in rows], 780, 330)


def group_importance(part: Record) -> Markup:
    """Mean absolute sum of the contributions of each group."""
    rows = part["importance"]["groups"]
    return _bars([(row["en"], row["mean_abs"], row["group"]) for row in rows], 780, 330)


def profile(found: Record, top: int = 6) -> Markup:
    """Points of the values of an ideal customer profile, per column the best and the worst, around a line at 0."""
    rows = [
        (f"{column['en']}: {row['en']}", row["points"], row["by_hand"])
        for column in found["columns"]
        for k, row in enumerate(column["rows"])
        if k < top or k >= len(column["rows"]) - top
    ]
    if not rows:
        return Markup("")
    reach = max(1.0, *(abs(points) for _, points, _ in rows))
    scale = Scale(-reach, reach, 330, 730)
    foot = 8 + 20 * len(rows)
    marks = [line(scale(0), 2, scale(0), foot - 4, INK)]
    for k, (name, points, by_hand) in enumerate(rows):
        y, end = 4 + 20 * k, scale(points)
        short = name if len(name) <= 44 else name[:43] + "…"
        marks.append(text(280, y + 12, short, anchor="end", colour=INK))
        left, colour = min(scale(0), end), _LINE if points >= 0 else _BAD
        marks.append(box(left, y + 2, abs(end - scale(0)), 13, colour, opacity=0.35 if by_hand else 1.0))
        beside, anchor = (end + 5, "start") if points >= 0 else (end - 5, "end")
        shown = f"{points:+.1f}" if abs(points) >= 0.05 else "0"
        marks.append(text(beside, y + 12, shown, anchor=anchor))
    return figure(780, foot, "Points of the ideal customer profile", *marks)


def threshold_curve(thresholds: Record) -> Markup:
    """Precision and recall of every possible line over the score, with the lines in force."""
    rows = thresholds["curve"]
    low, high = min(row["score"] for row in rows), max(row["score"] for row in rows)
    frame = Frame.of((low, high if high > low else low + 1), (0, 1), width=720, height=280, right=20, top=34)
    marks = [frame.axes("line at this score", "share", percent_y=True)]
    for key, colour in (("precision", _LINE), ("recall", _GOOD)):
        marks.append(frame.path([(row["score"], row[key]) for row in rows], colour))
    for name in ("mql", "sql"):
        score = thresholds["lines"][f"{name}_score"]
        x = frame.x(score)
        marks.append(line(x, frame.y.start, x, frame.y.end, INK, dash="4 3"))
        marks.append(text(x + 4, frame.y.end + 10, f"{name.upper()} {score:.0f}", colour=INK, bold=True))
    marks.append(
        _legend(
            150,
            14,
            [
                ("precision: share of crossers that win", _LINE),
                ("recall: share of winners that cross", _GOOD),
            ],
        )
    )
    return frame.figure("Precision and recall over the score", *marks)


CHARTS: Mapping[str, Callable[..., Markup]] = {
    function.__name__: function
    for function in (
        losses,
        timeline,
        drift,
        reliability,
        roc,
        gains,
        importance,
        group_importance,
        profile,
        threshold_curve,
    )
}


def _curves(
    curves: Mapping[str, Sequence[tuple[float, float]]], x_title: str, y_title: str, label: str
) -> Markup:
    if not curves:
        return Markup("")
    frame = Frame.of((0, 1), (0, 1))
    marks = [
        frame.axes(x_title, y_title, percent_x=True, percent_y=True),
        frame.path([(0, 0), (1, 1)], MUTED, width=1, dash="4 3"),
    ]
    marks += [frame.path(points, colour_of(kind)) for kind, points in curves.items()]
    for k, kind in enumerate(curves):
        marks.append(
            _legend(frame.x(0.56), frame.y(0.06) - 16 * (len(curves) - 1 - k), [(kind, colour_of(kind))])
        )
    return frame.figure(label, *marks)


def _bars(rows: Sequence[tuple[str, float, str]], width: int, left: int) -> Markup:
    if not rows:
        return Markup("")
    top = max(value for _, value, _ in rows) or 1.0
    scale = Scale(0, top, left, width - 56)
    marks = []
    for k, (name, value, group) in enumerate(rows):
        y = 4 + 22 * k
        marks.append(
            text(left - 8, y + 12, name if len(name) <= 52 else name[:51] + "…", anchor="end", colour=INK)
        )
        marks.append(box(left, y + 2, scale(value) - left, 14, colour_of(group)))
        marks.append(text(scale(value) + 6, y + 12, f"{value:.3f}"))
    return figure(width, 8 + 22 * len(rows), "Mean absolute contribution", *marks)


def _ruled(frame: Frame, title: str) -> Markup:
    marks = [
        line(frame.x(tick), 8, frame.x(tick), frame.y.start, RULE)
        + text(frame.x(tick), frame.y.start + 14, f"{tick:.4g}", anchor="middle")
        for tick in frame.x.ticks(5)
    ]
    middle = (frame.x.start + frame.x.end) / 2
    return Markup("").join(marks) + text(middle, frame.height - 4, title, anchor="middle", colour=INK)


def _grid_y(frame: Frame, *, percent: bool) -> Markup:
    return Markup("").join(
        line(frame.x.start, frame.y(tick), frame.x.end, frame.y(tick), RULE)
        + text(
            frame.x.start - 6,
            frame.y(tick) + 3.5,
            f"{100 * tick:.4g} %" if percent else f"{tick:.4g}",
            anchor="end",
        )
        for tick in frame.y.ticks(4)
    )


def _whisker(scale: Scale, y: float, cell: Record, colour: str) -> Markup:
    drawn = dot(scale(cell["value"]), y, colour, 5)
    if cell["lower"] is None:
        return drawn
    return line(scale(cell["lower"]), y, scale(cell["upper"]), y, colour, width=2.5) + drawn


def _window(scale: Scale, y: float, row: Record, embargo: float, judged: bool) -> Markup:
    start, fit_end = scale(row["start_us"]), scale(row["start_us"] - embargo)
    colour = _LINE if judged else "#8fb0e6"
    return (
        text(88, y + 12, row["name"], anchor="end", colour=INK, bold=judged)
        + box(scale.start, y, fit_end - scale.start, 16, "#b9c3cf")
        + box(start, y, scale(row["end_us"]) - start, 16, colour)
    )


def _dates(scale: Scale, y: float, edges: Sequence[float], labels: Sequence[str]) -> list[Markup]:
    """Label the edges from the right, leaving out those that would run into each other."""
    marks, taken = [], scale.end + 100.0
    for edge, label in reversed(list(zip(edges, labels, strict=True))):
        x = scale(edge)
        if label and taken - x > 76:
            marks.append(text(x, y, label, anchor="end" if x > scale.end - 30 else "middle"))
            taken = x - 38 if x > scale.end - 30 else x
    return marks


def _legend(x: float, y: float, entries: Sequence[tuple[str, str]]) -> Markup:
    marks, at = [], x
    for name, colour in entries:
        marks.append(box(at, y - 8, 10, 10, colour) + text(at + 15, y + 1, name, colour=INK))
        at += 30 + 6.2 * len(name)
    return Markup("").join(marks)
