"""The public data sets, where the folder named by LEAD_ML_DATA holds them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lead_ml.workflows.load import Loaded, load

BANK = Path(__file__).parents[2] / "examples" / "bank_marketing"


@pytest.fixture(scope="session")
def public_data() -> Path:
    folder = Path(os.environ.get("LEAD_ML_DATA", "/nonexistent"))
    if not (folder / "bank_marketing" / "bank-full.csv").is_file():
        pytest.skip("LEAD_ML_DATA names no folder with the public data sets")
    return folder


@pytest.fixture(scope="module")
def bank(public_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The bank example with its dates rebuilt by its own script, in a folder of its own."""
    root = tmp_path_factory.mktemp("bank") / "project"
    shutil.copytree(BANK, root)
    source = public_data / "bank_marketing" / "bank-full.csv"
    subprocess.run([sys.executable, BANK / "prepare.py", source, root], check=True)
    return load(root)
