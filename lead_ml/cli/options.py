"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lead_ml.language import Lang

Target = Literal["conversion", "fake"]

ProjectOption = Annotated[
    Path, typer.Option("--project", "-C", help="Folder of params.yaml.", file_okay=False, show_default="here")
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", "-d", help="Base directory for data.", file_okay=False, show_default="the project"
    ),
]
DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="CLUSTER",
        help="Run on Dask: local:2 starts two workers here, tcp://host:8786 uses a running cluster.",
        show_default="this process",
    ),
]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Overrides the seed of params.yaml.", min=0)]
VersionOption = Annotated[
    str | None, typer.Option("--version", help="Version to use.", show_default="the champion")
]
LangOption = Annotated[Lang, typer.Option("--lang", help="Language of the reasons.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
