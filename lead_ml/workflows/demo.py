"""The demo: a synthetic CRM from the first row to the explained worklist, through the same steps as real data."""

from __future__ import annotations

from pathlib import Path

from lead_ml.workflows.init import init_project


def make_demo(folder: Path, *, leads: int, seed: int) -> Path:
    """Write the reference project with synthetic data into `folder`, unless it is there already; return it."""
    from lead_ml.synth import generate, write

    if not (folder / "params.yaml").is_file():
        init_project(folder)
    if not (folder / "leads.csv").is_file():
        write(generate(leads, seed), folder)
    return folder
