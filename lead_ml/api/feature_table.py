"""The as-of feature table by itself: DataFrames in, a DataFrame out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lead_ml.api.estimator import raw_names
from lead_ml.api.frames import Frame, arrow_of, check_columns, dataset_of
from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.errors import InputError
from lead_ml.project.load import Project, load_project
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.workflows.training import usable_features

if TYPE_CHECKING:
    import pandas as pd


def features(
    project: Project | Path | str,
    leads: Frame,
    events: Frame | None = None,
    spine: Frame | None = None,
    *,
    outcomes: Frame | None = None,
) -> pd.DataFrame:
    """Compute the declared features of leads at given moments, from what was known strictly before each moment.

    Parameters
    ----------
    project
        A loaded project, or its folder.
    leads, events, outcomes
        Tables with the columns of the project's files. Timestamps without a zone get the project's time zone.
    spine
        Columns ``lead_id`` and ``as_of`` (timestamps or ISO 8601 text), one row per snapshot, in any order. By
        default every lead once, at the end of the data.

    Returns
    -------
    pandas.DataFrame
        One row per row of the spine, in its order: ``lead_id``, ``as_of`` (UTC), then one column per feature that may
        be used with these data. Numbers are float64, NaN where missing; categories are text (``str``), also NaN where missing. An
        ideal customer profile, which is learned inside each fit, is given by its parts (``profile/part``).

    Raises
    ------
    InputError
        If a table cannot be read, or the spine names a lead that the leads table lacks.

    Examples
    --------
    >>> table = lead_ml.features("my-company", leads, events, spine)  # doctest: +SKIP
    """
    import pandas as pd

    loaded = project if isinstance(project, Project) else load_project(Path(project))
    given = {"leads": leads, "events": events, "outcomes": outcomes}
    dataset = dataset_of(loaded.params, {name: frame for name, frame in given.items() if frame is not None})
    everyone = np.arange(len(dataset.leads))
    at_the_end = Spine(everyone, np.full(len(everyone), dataset.until, dtype=np.int64))
    asked = at_the_end if spine is None else _spine_of(spine, dataset)
    declarations, _ = usable_features(loaded, dataset)
    raw = features_at(declarations, dataset, asked)
    ids = np.array(dataset.leads.lead_id, dtype=object)[asked.lead]
    table = {
        name: pd.Series(column.values(), dtype="str") if isinstance(column := raw[name], Coded) else column
        for name in raw_names(declarations)
    }
    as_of = pd.to_datetime(asked.as_of, unit="us", utc=True)
    return pd.DataFrame({"lead_id": ids, "as_of": as_of, **table})


def _spine_of(frame: Frame, dataset: Dataset) -> Spine:
    import pandas as pd

    table = arrow_of(frame, "spine")
    check_columns(table.column_names, ["lead_id", "as_of"], "spine")
    place = {lead_id: row for row, lead_id in enumerate(dataset.leads.lead_id)}
    ids = [str(value) for value in table["lead_id"].to_pylist()]
    unknown = [lead_id for lead_id in ids if lead_id not in place]
    if unknown:
        raise InputError(
            f"{len(unknown):,} rows name leads that the leads table lacks",
            source="spine",
            value=", ".join(unknown[:3]),
            expected="lead_id of the leads table",
        )
    moments = pd.to_datetime(pd.Series(table["as_of"].to_pylist()), utc=True)
    as_of = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    return Spine(np.array([place[lead_id] for lead_id in ids], dtype=np.int64), as_of)
