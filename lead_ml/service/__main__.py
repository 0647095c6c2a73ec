"""``python -m lead_ml.service key NAME --scope score``: create an API key on the server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lead_ml.errors import InputError, LeadMLError
from lead_ml.service.keys import SCOPES, create_key
from lead_ml.service.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Create a key in the file that ``LEAD_ML_KEYS`` or ``LEAD_ML_RUNS`` names, and print it; it is shown only once."""
    parser = argparse.ArgumentParser(prog="python -m lead_ml.service")
    command = parser.add_subparsers(dest="command", required=True).add_parser("key", help="create an API key")
    command.add_argument("name", help="who uses the key; recorded with the thresholds that it accepts")
    command.add_argument(
        "--scope", action="append", required=True, choices=SCOPES, help="repeat for several scopes"
    )
    given = parser.parse_args(arguments)
    try:
        _check_place(Settings.from_env())
        token = create_key(Settings.from_env().keys_path, given.name, given.scope)
    except LeadMLError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{token}\n")
    return 0


def _check_place(settings: Settings) -> None:
    """Refuse a key file that no service would read: outside of a project, unless one is named."""
    runs = settings.runs
    if settings.keys_file is None and not runs.is_dir() and not (runs.parent / "params.yaml").is_file():
        raise InputError(
            "there is no project here",
            source=str(runs.absolute()),
            expected="the runs folder of a project",
            do="run this in the folder of the project, or set LEAD_ML_RUNS or LEAD_ML_KEYS",
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
