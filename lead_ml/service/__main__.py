"""``python -m lead_ml.service key NAME --scope score``: create an API key on the server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lead_ml.errors import LeadMLError
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
        token = create_key(Settings.from_env().keys_path, given.name, given.scope)
    except LeadMLError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{token}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
