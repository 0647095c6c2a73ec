"""The public data sets, where the folder named by LEAD_ML_DATA holds them."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def public_data() -> Path:
    folder = Path(os.environ.get("LEAD_ML_DATA", "/nonexistent"))
    if not (folder / "bank_marketing" / "bank-full.csv").is_file():
        pytest.skip("LEAD_ML_DATA names no folder with the public data sets")
    return folder
