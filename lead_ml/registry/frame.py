"""Tables in and out of a scorer: a DataFrame of leads becomes requests, answers become a DataFrame."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lead_ml.errors import RequestError
from lead_ml.scoring import Answer, EventIn, LeadSchema, Prepared, ScoreRequest, prepare

if TYPE_CHECKING:
    import pandas as pd

EVENTS, AS_OF = "events", "as_of"
OUTPUTS = {  # MLflow's type by column
    "lead_id": "string",
    "as_of": "string",
    **dict.fromkeys(("probability", "lower", "upper", "score"), "double"),
    **dict.fromkeys(("grade", "stage"), "string"),
    "fake_probability": "double",
    "fake_flag": "boolean",
    **dict.fromkeys(("model_version", "thresholds_version", "answer"), "string"),
}
_EVENTS = msgspec.json.Decoder(list[EventIn])


def prepared_rows(
    frame: pd.DataFrame, schema: LeadSchema, now: int, *, lang: str = "en", reasons: int = 5
) -> list[Prepared]:
    """Check every row of a table as the service checks a request; `now` is in microseconds UTC.

    A row is a lead: ``lead_id``, ``created_at``, any attributes; optionally ``as_of`` (now where it is empty) and
    ``events``, a JSON list as in ``POST /v1/score``: empty where events are unknown, ``[]`` where there were none. The
    :class:`~lead_ml.errors.RequestError` of a row that cannot be read names the row, counted from 0, and the column.
    """
    template = _template(lang, reasons)
    names = [str(name) for name in frame.columns]
    cells = [frame.iloc[:, k].tolist() for k in range(len(names))]
    found = []
    for row in range(len(frame)):
        values = {name: _scalar(cells[k][row], row, name) for k, name in enumerate(names)}
        found.append(_prepared(template, values, row, schema, now))
    return found


def answers_frame(answers: Sequence[Answer], index: pd.Index) -> pd.DataFrame:
    """Return one row per answer with the columns of :data:`OUTPUTS`; ``answer`` is the whole answer as JSON."""
    import pandas as pd

    return pd.DataFrame([_row(answer) for answer in answers], index=index, columns=list(OUTPUTS))


def _template(lang: str, reasons: int) -> ScoreRequest:
    """Check the options that all rows share."""
    try:
        return msgspec.convert({"lead": {}, "lang": lang, "reasons": reasons}, ScoreRequest)
    except msgspec.MsgspecError as error:
        raise RequestError(
            f"params: {error}", field="params", expected="lang en or zh, reasons from 0 to 100"
        ) from error


def _prepared(
    template: ScoreRequest, values: dict[str, Any], row: int, schema: LeadSchema, now: int
) -> Prepared:
    events, as_of = _events(values.pop(EVENTS, None), row), values.pop(AS_OF, None)
    moment = None if as_of is None else str(as_of)
    request = msgspec.structs.replace(template, lead=values, events=events, as_of=moment)
    try:
        return prepare(request, schema, now)
    except RequestError as error:
        column = error.field.removeprefix("lead.").split("[", maxsplit=1)[0]  # as in events[2].value
        raise RequestError(f"row {row}, column {column}: {error}", field=column) from error


def _events(cell: Any, row: int) -> list[EventIn] | None:
    if cell is None:
        return None
    try:
        return _EVENTS.decode(str(cell))
    except msgspec.MsgspecError as error:
        raise RequestError(
            f"row {row}, column {EVENTS}: not a JSON list of events ({error})",
            field=EVENTS,
            value=cell,
            expected='a list such as [{"type": "page_view", "occurred_at": "2026-01-31T09:00:00Z"}], or an empty cell',
        ) from error


def _scalar(cell: Any, row: int, name: str) -> Any:
    """Return a cell as :meth:`lead_ml.tables.cell_rules.TableRules.text` reads it; None, NaN, NaT and pandas' NA are missing."""
    value = cell.item() if isinstance(cell, np.generic) else cell
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime(warn=False)  # nanoseconds are cut
    if isinstance(value, str | bool | int | float | Decimal | datetime.date | datetime.time):
        return value
    raise RequestError(
        f"row {row}, column {name}: cannot be read",
        field=name,
        value=value,
        expected="text, a number, true or false, a timestamp, or an empty cell",
    )


def _row(answer: Answer) -> dict[str, Any]:
    own = {name: getattr(answer, name) for name in OUTPUTS if hasattr(answer, name)}
    fake = answer.fake
    return {
        **own,
        "fake_probability": None if fake is None else fake.probability,
        "fake_flag": None if fake is None else fake.flag,
        "answer": msgspec.json.encode(answer).decode(),
    }
