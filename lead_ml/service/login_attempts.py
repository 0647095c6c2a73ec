"""A limit on wrong log-ins from one address."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

MOST_WRONG, SECONDS = 10, 60
_MOST_ADDRESSES = 10_000


class LoginAttempts:
    """Counts wrong log-ins by address over the last minute; one process counts for itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def too_many(self, address: str) -> bool:
        """Return whether an address has to wait."""
        times = self._wrong.get(address, deque())
        while times and times[0] <= self._clock() - SECONDS:
            times.popleft()
        return len(times) >= MOST_WRONG

    def note(self, address: str) -> None:
        """Count a wrong log-in."""
        self._wrong.setdefault(address, deque()).append(self._clock())
        self._wrong.move_to_end(address)
        while len(self._wrong) > _MOST_ADDRESSES:
            self._wrong.popitem(last=False)
