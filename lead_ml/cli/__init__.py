"""The command line: it parses, calls a workflow, prints, and turns domain errors into exit codes.

Exit codes: 0 done; 1 the input, the data or this machine is at fault; 2 the command was called wrongly; 130 it was interrupted.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit."""
    from lead_ml.cli.app import app

    app()


__all__ = ["main"]
