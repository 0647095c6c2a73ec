"""The command line: it parses, calls a workflow, prints, and turns domain errors into exit codes.

Exit codes: 0 done, 1 the input or the data is at fault, 2 the command was called wrongly.
"""

from __future__ import annotations

import sys

from lead_ml.errors import LeadMLError


def main() -> None:
    """Run the command line and exit."""
    from lead_ml.cli.app import app
    from lead_ml.cli.console import fail

    try:
        app(standalone_mode=True)
    except LeadMLError as error:
        sys.exit(fail(error))
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["main"]
