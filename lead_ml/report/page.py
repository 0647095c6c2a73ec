"""The page: the data dict through one autoescaped template, with every picture inside the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lead_ml.evaluation import candidate_name
from lead_ml.language import catalog
from lead_ml.registry.runs import Run
from lead_ml.report import bars, charts
from lead_ml.report.assemble import report_data
from lead_ml.report.channels import chart_of
from lead_ml.report.style import color_of
from lead_ml.report.words import method_name, target_name

NAME, NONE = "report.html", "–"
CAPTIONS = {
    "beeswarm": "Each dot is a snapshot. Dots on the right raise the probability.",
    "waterfall": "How the contributions of the lead with the highest score add up to its log-odds.",
    "dependence": "Contribution of one numeric feature by its value.",
}
Pictures = Mapping[str, Sequence[tuple[str, str]]]


def write_report(run: Run, path: Path | None = None) -> Path:
    """Write the report of a run as one self-contained HTML file, ``report.html`` in its folder by default."""
    path = run.folder / NAME if path is None else path
    pictures = {
        target: [
            (drawn.stem, drawn.read_text("utf-8"))
            for drawn in sorted((run.folder / "pictures" / target).glob("*.svg"))
        ]
        for target in run.targets
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(report_data(run), pictures), encoding="utf-8", newline="\n")
    return path


def render(data: Mapping[str, Any], pictures: Pictures) -> str:
    """Return the page of a data dict; the same dict and pictures give the same text.

    `pictures` holds, by target, names such as ``beeswarm`` and SVG elements drawn by :mod:`lead_ml.report.pictures`.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("lead_ml.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(
        charts=charts,
        bars=bars,
        channels_chart=chart_of,
        color_of=color_of,
        en=catalog("en"),
        zh=catalog("zh"),
        target_name=target_name,
    )
    shown = {target: _captioned(pictures.get(target, ())) for target in data["targets"]}
    return environment.get_template("report.html.j2").render(**data, pictures=shown)


def _captioned(pictures: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the pictures in the order of their captions; the drawing is our own, so it is not escaped."""
    return [
        {"drawing": Markup(drawing), "caption": caption}  # noqa: S704
        for start, caption in CAPTIONS.items()
        for name, drawing in pictures
        if name.startswith(start)
    ]


def _figure(value: float | None, digits: int = 3) -> str:
    return NONE if value is None else catalog("en").numbers.number(value, digits)


def _share(value: float | None, digits: int = 1) -> str:
    return NONE if value is None else catalog("en").numbers.percent(value, digits)


def _date(text: str | None) -> str:
    return catalog("en").numbers.date(datetime.fromisoformat(text)) if text else NONE


def _cell(cell: Mapping[str, float | None], digits: int = 3, share: bool = False) -> dict[str, str]:
    """Split a figure with its interval into the two texts that a table shows."""
    value, lower, upper = (
        (_share if share else _figure)(cell[key], digits) for key in ("value", "lower", "upper")
    )
    return {"value": value, "interval": "" if NONE in (value, lower) else f"{lower} to {upper}"}


def _interval(cell: Mapping[str, float | None]) -> str:
    """Write a figure with its interval as one text."""
    shown = _cell(cell)
    return f"{shown['value']} ({shown['interval']})" if shown["interval"] else shown["value"]


FILTERS: Mapping[str, Callable[..., object]] = {
    "figure": _figure,
    "share": _share,
    "count": partial(_figure, digits=0),
    "date": _date,
    "cell": _cell,
    "interval": _interval,
    "candidate": candidate_name,
    "method": method_name,
}
