"""What reps write down after a call: in the language of the lead, and driven by its interest, never by the drawn win."""

from __future__ import annotations

import numpy as np

from lead_ml.demo.people import Flags, Objects
from lead_ml.demo.traces import filled
from lead_ml.demo.vocabulary import vocabulary
from lead_ml.model.metrics import sigmoid
from lead_ml.tables.dataset import Events, Floats

_NOTED = 0.8  # share of calls with a note
_UNFIT_SAID = 0.5  # share of the notes on unfit leads that say why


def draw_notes(
    rng: np.random.Generator, events: Events, chinese: Flags, intent: Floats, kind: Objects
) -> Objects:
    """Return (events,) a note, None for most: only calls have one."""
    words = vocabulary()
    calls = np.flatnonzero(np.array(events.columns["type"].values()) == "call_connected")
    calls = calls[rng.random(len(calls)) < _NOTED]
    lead, size = events.lead[calls], len(calls)
    warm = rng.random(size) < sigmoid(1.3 * intent[lead] - 0.3)
    pools = (words.call_cold_en, words.call_warm_en, words.call_cold_zh, words.call_warm_zh)
    drawn = np.stack([filled(rng, pool, size) for pool in pools])
    said = drawn[2 * chinese[lead] + warm, np.arange(size)]
    why = rng.random(size) < _UNFIT_SAID
    for name, (english, home) in words.call_unfit.items():
        said = np.where(why & (kind[lead] == name), np.where(chinese[lead], home, english), said)
    notes = np.full(len(events), None, dtype=object)
    notes[calls] = said
    return notes
