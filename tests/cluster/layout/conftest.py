"""The small world with its events in a layout."""

from __future__ import annotations

from pathlib import Path

import pytest
from layout_project import project_at

from lead_ml.tables.read import event_batches, raw
from lead_ml.workflows.layout import build_layout
from lead_ml.workflows.load import Loaded, load


@pytest.fixture(scope="session")
def laid(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The small world with its events in a layout of several partitions, read from several batches."""
    root = project_at(tmp_path_factory.mktemp("laid") / "demo", world, layout="laid")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_batches, "BATCH_ROWS", 10_000)
        patch.setattr(raw, "CHUNK_ROWS", 5_000)
        built = build_layout(root, partitions=3)
    assert built.parts == built.partitions == 3
    return load(root)
