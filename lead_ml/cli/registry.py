"""Commands that change which version serves: promote, rollback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lead_ml.cli.console import print_json, tell
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption

ByOption = Annotated[str, typer.Option("--by", help="Who decides.")]


def promote(
    version: Annotated[str, typer.Argument(help="Version, or latest.")] = "latest",
    project: ProjectOption = Path(),
    data: DataOption = None,
    force: Annotated[
        str | None, typer.Option(help="Promote anyway, for this reason, which is recorded.")
    ] = None,
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Promote a version that passes the gate: a paired comparison on the same forward window.

    Example: lead-ml promote latest
    """
    from lead_ml.workflows.promote import promote_version

    done = promote_version(project, data, version, force=force, by=by)
    if as_json:
        print_json(done)
        return
    tell(done.words)


def rollback(
    to: Annotated[
        str | None, typer.Option(help="Version to return to.", show_default="the one before")
    ] = None,
    project: ProjectOption = Path(),
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Roll back to an earlier version.

    Example: lead-ml rollback --to 3f2a
    """
    from lead_ml.workflows.promote import rollback as roll_back

    done = roll_back(project / "runs", to=to, by=by)
    if as_json:
        print_json(done)
        return
    tell(done.words)


COMMANDS = (promote, rollback)
