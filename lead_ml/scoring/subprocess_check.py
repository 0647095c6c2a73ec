"""Check a bundle in a subprocess: a damaged model text can abort the process that parses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lead_ml.errors import BundleError, LeadMLError
from lead_ml.scoring.manifest import verify

SECONDS = 120


def try_bundle(folder: Path) -> None:
    """Load a bundle in a throw-away process and let it answer its golden rows; BundleError where that fails."""
    verify(folder)
    command = [sys.executable, "-m", "lead_ml.scoring.subprocess_check", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise BundleError(f"{folder} did not load within {SECONDS} s") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"the process died with code {done.returncode}"])[-1]
        raise BundleError(
            f"{folder} failed its check: {last}", do="keep the version that serves, and retrain"
        )


def main(arguments: list[str]) -> int:
    """Load the bundle named on the command line; 0 if it proves itself."""
    from lead_ml.scoring.scorer import Scorer

    try:
        Scorer.load(arguments[0])
    except LeadMLError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
