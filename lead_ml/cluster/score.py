"""Batch scoring on a cluster: features by key, then the sealed bundle over pieces of the leads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import RawColumns, widened
from lead_ml.cluster.features import features_on
from lead_ml.cluster.mapped import mapped
from lead_ml.cluster.pieces import trimmed
from lead_ml.errors import BundleError
from lead_ml.language import Lang
from lead_ml.scoring import Answer, Scorer
from lead_ml.scoring.thresholds import Thresholds
from lead_ml.tables.dataset import Coded, Dataset, Events, Indices, Leads

if TYPE_CHECKING:
    from distributed import Client

LEADS_A_PIECE = 500


_Asked = tuple[RawColumns, Dataset, Spine]
_Files = tuple[tuple[str, bytes], ...]
_Sealed = tuple[
    _Files, Thresholds
]  # a bundle as it travels: its files as they are, and the lines that hold today


def score_on(
    client: Client,
    scorer: Scorer,
    dataset: Dataset,
    spine: Spine,
    *,
    lang: Lang = "en",
    top: int = 5,
    partitions: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[list[Answer]]:
    """Score snapshots on a cluster, with reasons, piece by piece as they are done; equal to :meth:`Scorer.score_dataset` to the last bit.

    Each worker loads the bundle once, from its bytes, and verifies its seal as any server does. The scorer was loaded from a
    folder; `partitions` are as for :func:`lead_ml.cluster.features_on`.
    """
    sealed = _sealed(scorer)
    raw = features_on(client, scorer.compiled, dataset, spine, partitions=partitions, progress=progress)
    starts = range(0, len(spine), LEADS_A_PIECE)
    ranges = [np.arange(start, min(start + LEADS_A_PIECE, len(spine))) for start in starts]
    makers = [partial(_asked, raw, dataset, spine, rows) for rows in ranges]
    done = 0
    for _, answers in mapped(client, partial(_score, lang=lang, top=top), makers, sealed):
        yield answers
        done += len(answers)
        progress(f"scored {done:,} of {len(spine):,} leads")


def _sealed(scorer: Scorer) -> _Sealed:
    folder = scorer.folder
    if folder is None:
        raise BundleError("the scorer was not loaded from a folder", do="use Scorer.load")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = tuple((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)
    return files, scorer.thresholds


def _asked(raw: RawColumns, dataset: Dataset, spine: Spine, rows: Indices) -> _Asked:
    """Take the features of some rows, and of the data set what an answer tells: the ids, and whether there are events."""
    own = {
        name: trimmed(column, rows) if isinstance(column, Coded) else widened(column[rows])
        for name, column in raw.items()
    }
    ids = tuple(dataset.leads.lead_id[lead] for lead in spine.lead[rows].tolist())
    none = np.empty(0, dtype=np.int64)
    events = None if dataset.events is None else Events(none, none, none, {}, np.empty(0))
    return own, Dataset(Leads(ids, None), events), Spine(np.arange(len(rows)), spine.as_of[rows])


def _score(asked: _Asked, sealed: _Sealed, *, lang: Lang, top: int) -> list[Answer]:
    files, thresholds = sealed
    return replace(_loaded(files), thresholds=thresholds).score_features(*asked, lang=lang, top=top)


@lru_cache(maxsize=2)
def _loaded(files: _Files) -> Scorer:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return replace(Scorer.load(folder), folder=None)
