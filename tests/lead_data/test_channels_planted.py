"""Falls planted in the generator: found in the right week, and put down to the channel or to its mix of leads."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from lead_ml.lead_data.channels import channel_report
from lead_ml.tables.dataset import Dataset

pytestmark = pytest.mark.slow
SEEDS = range(4)
LEADS = 60_000


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "channels.py"
    spec = importlib.util.spec_from_file_location("channels_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def worlds(benchmark: ModuleType) -> list[Dataset]:
    return [benchmark.world(LEADS, 400 + seed) for seed in SEEDS]


@pytest.mark.parametrize("cause", ["itself", "mix"])
def test_a_planted_fall_is_found_in_its_week_and_for_its_reason(
    benchmark: ModuleType, worlds: list[Dataset], cause: str
) -> None:
    total: Counter[str] = Counter()
    for seed, data in zip(SEEDS, worlds, strict=True):
        planted = benchmark.plant(data, cause, seed)
        total += benchmark.outcome_of(planted, channel_report(planted.data, benchmark.QUESTION))
    assert total["found"] == len(SEEDS)
    assert total["week"] >= len(SEEDS) - 1
    assert total["within"] >= len(SEEDS) - 1
    assert total["cause"] == len(SEEDS)
