"""Blocking calls in a few threads with a bounded queue: a request that finds the queue full gets 503 at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import anyio
import anyio.to_thread

from lead_ml.service.problems import ProblemError

RETRY_AFTER = 1  # seconds

_T = TypeVar("_T")
_Args = TypeVarTuple("_Args")


class ConcurrencyLimiter:
    """Lets at most ``threads`` calls run and ``max_waiting`` calls wait, within one event loop."""

    def __init__(self, *, threads: int, max_waiting: int) -> None:
        self._limiter = anyio.CapacityLimiter(threads)
        self._capacity = threads + max_waiting
        self._admitted = 0

    async def run(self, call: Callable[[*_Args], _T], *args: *_Args) -> _T:
        """Run a blocking call in a thread; 503 with Retry-After if the queue is full."""
        if self._admitted >= self._capacity:
            raise ProblemError(
                "busy",
                "Too many requests are waiting. Try again later.",
                headers={"Retry-After": str(RETRY_AFTER)},
            )
        self._admitted += 1
        try:
            return await anyio.to_thread.run_sync(call, *args, limiter=self._limiter)
        finally:
            self._admitted -= 1
