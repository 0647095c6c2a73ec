"""The global pictures: drawn by shap from our own contributions. The only module that imports shap and matplotlib."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.declare import Declaration
from lead_ml.errors import MissingExtra
from lead_ml.report.importance import save_importance
from lead_ml.scoring import Scored
from lead_ml.scoring.reasons import value_text
from lead_ml.tables.dataset import Coded, Floats, Indices

MOST_ROWS = 2_000
DEPENDENCES = 3
DPI = 110


def global_pictures(
    scored: Scored,
    declarations: Sequence[Declaration],
    folder: Path,
    *,
    rows: int = MOST_ROWS,
    lead: int | None = None,
    shown: int = 15,
    seed: int = 7,
) -> list[Path]:
    """Draw beeswarm, bar, waterfall and dependence pictures of one target as PNG files.

    The numbers behind the bar picture are written beside it as ``importance.json``, on all rows.

    Parameters
    ----------
    scored
        One target of :meth:`lead_ml.scoring.Scorer.scored`.
    declarations
        The d features in the order of the contributions; their English names stand in the pictures.
    folder
        Where the files go; it is made where it is absent.
    rows
        At most so many snapshots are drawn, a random sample.
    lead
        Row for the waterfall; the highest-scored of the sample by default.
    shown
        Features in a picture.

    Returns
    -------
    list of Path
        ``<target>-beeswarm.png`` and so on, in the order in which a report shows them.

    Raises
    ------
    MissingExtra
        If shap or matplotlib is not installed.
    """
    save_importance(scored, folder)
    sample = _sample(len(scored.logit), min(rows, MOST_ROWS), seed)
    highest = int(sample[np.argmax(scored.logit[sample])])
    pictures = _plots(scored, declarations, sample, highest if lead is None else lead, shown)
    return [_draw(plot, folder / f"{scored.part.spec.name}-{name}.png", seed) for name, plot in pictures]


def _plots(
    scored: Scored, declarations: Sequence[Declaration], sample: Indices, lead: int, shown: int
) -> list[tuple[str, Callable[[], object]]]:
    shap = _shap()
    explained = _explanation(shap, scored, declarations, sample)
    one = _explanation(shap, scored, declarations, np.array([lead], dtype=np.int64))[0]
    one.data = np.array(_in_words(scored, declarations, lead), dtype=object)
    plots = shap.plots
    strongest = _strongest_numbers(scored, declarations, explained)
    return [
        ("beeswarm", partial(plots.beeswarm, explained, max_display=shown, show=False)),
        ("bar", partial(plots.bar, explained, max_display=shown, show=False)),
        ("waterfall", partial(plots.waterfall, one, max_display=shown, show=False)),
        *(
            (
                f"dependence-{declarations[k].name}",
                partial(plots.scatter, explained[:, k], hist=False, show=False),
            )
            for k in strongest
        ),
    ]


def _explanation(shap: Any, scored: Scored, declarations: Sequence[Declaration], rows: Indices) -> Any:
    parts = scored.contributions[rows]
    return shap.Explanation(
        values=parts[:, :-1],
        base_values=parts[:, -1],
        data=_numbers(scored, declarations, rows),
        feature_names=[item.en for item in declarations],
    )


def _numbers(scored: Scored, declarations: Sequence[Declaration], rows: Indices) -> Floats:
    """Return (rows, features) values as numbers; categories have no order, so they are NaN and drawn grey."""
    columns = []
    for item in declarations:
        column = scored.raw[item.name]
        columns.append(np.full(len(rows), np.nan) if isinstance(column, Coded) else column[rows])
    return np.column_stack(columns)


def _in_words(scored: Scored, declarations: Sequence[Declaration], row: int) -> list[str]:
    values = scored.values(row)
    return [value_text(item, value, "en") for item, value in zip(declarations, values, strict=True)]


def _strongest_numbers(scored: Scored, declarations: Sequence[Declaration], explained: Any) -> list[int]:
    """Return the columns of the strongest numeric features that take more than one value in the sample."""
    strength = np.abs(explained.values).mean(axis=0)
    numeric = [
        k
        for k, item in enumerate(declarations)
        if not isinstance(scored.raw[item.name], Coded)
        and strength[k] > 0
        and len(np.unique(explained.data[:, k][~np.isnan(explained.data[:, k])])) > 1
    ]
    return sorted(numeric, key=lambda k: -strength[k])[:DEPENDENCES]


def _draw(plot: Callable[[], object], path: Path, seed: int) -> Path:
    from matplotlib import pyplot

    with _quiet_agg(seed):
        pyplot.figure()
        plot()
        pyplot.gcf().savefig(path, dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        pyplot.close("all")
    return path


@contextmanager
def _quiet_agg(seed: int) -> Iterator[None]:
    """Draw without a screen, with shap's global random jitter seeded, and leave everything as it was."""
    from matplotlib import pyplot

    backend, state = pyplot.get_backend(), np.random.get_state()
    pyplot.switch_backend("Agg")
    np.random.seed(seed)
    try:
        with warnings.catch_warnings():
            # Categories are NaN on purpose; shap takes percentiles over them, and its own deprecations are not ours.
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)
        pyplot.switch_backend(backend)


def _shap() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # shap's import meets deprecations of matplotlib that are not ours
            import matplotlib as _  # noqa: F401
            import shap
    except ImportError as error:
        raise MissingExtra("shap", "train") from error
    return shap


def _sample(size: int, most: int, seed: int) -> Indices:
    if size <= most:
        return np.arange(size, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(size, most, replace=False)).astype(np.int64)
