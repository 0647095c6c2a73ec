"""What Dask loads into every worker process that we start: it leaves standard output and Ctrl-C to the command itself."""

from __future__ import annotations

import os
import signal


def dask_setup(worker: object) -> None:  # noqa: ARG001 (Dask's signature)
    """Drop what LightGBM prints from its own threads, and let the parent process close this one on Ctrl-C."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
