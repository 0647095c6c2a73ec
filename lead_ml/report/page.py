"""The page: the data dict through one autoescaped template, with every picture inside the file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lead_ml.registry.runs import Run
from lead_ml.report.assemble import report_data
from lead_ml.report.charts import CHARTS, colour_of
from lead_ml.report.words import KINDS_ZH, TARGETS_ZH

NAME = "report.html"
CAPTIONS = (
    (
        "beeswarm",
        "Every dot is a snapshot: right raises the probability, red is a high value, grey a category.",
    ),
    ("bar", "Mean absolute contribution of each feature."),
    ("waterfall", "How the reasons of the highest-scored lead add up, from the base to its logit."),
    ("dependence", "Contribution of one numeric feature over its value."),
)


def write_report(run: Run, path: Path | None = None, *, pictures: Mapping[str, bytes] | None = None) -> Path:
    """Write the report of a run as one self-contained HTML file and return its path.

    Parameters
    ----------
    path
        File to write; ``report.html`` in the folder of the run by default.
    pictures
        PNG images by name, such as ``conversion-beeswarm``; by default those in the ``pictures`` folder of the run. A
        picture stands with the target that its name begins with.

    Raises
    ------
    BundleError
        If the bundle of the run is damaged.
    """
    path = run.folder / NAME if path is None else path
    found = _kept_pictures(run.folder / "pictures") if pictures is None else pictures
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(report_data(run), found), encoding="utf-8", newline="\n")
    return path


def render(data: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    """Return the page of a data dict; the same dict and pictures give the same text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("lead_ml.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(figure=_figure, share=_share, count=_count, cell=_cell)
    template = environment.get_template("report.html.j2")
    return template.render(
        **data, chart=CHARTS, colour_of=colour_of, pictures=_by_target(data, pictures), kinds_zh=KINDS_ZH, targets_zh=TARGETS_ZH
    )  # fmt: skip


def _kept_pictures(folder: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("**/*.png"))}


def _by_target(data: Mapping[str, Any], pictures: Mapping[str, bytes]) -> dict[str, list[dict[str, str]]]:
    first = next(iter(data["targets"]), "")
    found: dict[str, list[dict[str, str]]] = {target: [] for target in data["targets"]}
    for name, content in pictures.items():
        target = next((target for target in found if name.startswith(target)), first)
        source = f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"
        found[target].append({"name": name, "source": source, "caption": _caption(name)})
    return {target: sorted(items, key=lambda item: _rank(item["name"])) for target, items in found.items()}


def _rank(name: str) -> int:
    return next((k for k, (part, _) in enumerate(CAPTIONS) if part in name), len(CAPTIONS))


def _caption(name: str) -> str:
    return next((caption for part, caption in CAPTIONS if part in name), name)


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _share(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _cell(cell: Mapping[str, float | None], digits: int = 3, share: bool = False) -> dict[str, str]:
    """Split a figure with its interval into the two texts that a table shows."""
    write = _share if share else _figure
    if cell["value"] is None:
        return {"value": "–", "interval": ""}
    bounds = (
        "" if cell["lower"] is None else f"{write(cell['lower'], digits)} to {write(cell['upper'], digits)}"
    )
    return {"value": write(cell["value"], digits), "interval": bounds}
