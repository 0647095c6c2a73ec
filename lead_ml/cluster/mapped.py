"""A function over pieces on a cluster, in bounded memory, whatever happens to the workers."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from lead_ml.errors import LeadMLError

if TYPE_CHECKING:
    from distributed import Client, Future

P = TypeVar("P")
C = TypeVar("C")
R = TypeVar("R")

_log = logging.getLogger(__name__)
AHEAD = 2  # pieces on the cluster for each of its threads: one in work, one waiting
TRIES = 5
_LOOK = 2.0  # seconds between two looks at the workers
_PATIENCE = 120.0  # seconds without any worker


def threads_of(client: Client) -> int:
    """Return the number of threads of all workers."""
    return sum(client.nthreads().values())


def mapped(
    client: Client, function: Callable[[P, C], R], makers: Sequence[Callable[[], P]], common: C | None = None
) -> Iterator[tuple[int, R]]:
    """Yield (place, ``function(piece, common)``) for the piece of each maker, as they finish.

    A piece is made when there is room for it, sent to one worker, and forgotten when its result is here; one that is lost
    with its worker is made again. `common` goes to every worker once.
    """
    run = _Run(client, function, makers, common)
    try:
        yield from run.results()
    except OSError as error:
        raise LeadMLError(
            "the Dask scheduler went away", value=error, do="start it again and repeat the command"
        ) from error
    finally:
        run.stop()


class _Run:
    def __init__(
        self, client: Client, function: Callable[..., Any], makers: Sequence[Callable[[], Any]], common: Any
    ) -> None:
        self.client, self.function, self.makers, self.common = client, function, makers, common
        self.waiting = deque(range(len(makers)))
        self.tries = [0] * len(makers)
        self.running: dict[str, tuple[int, Future, Future]] = {}
        self.ended: SimpleQueue[str] = SimpleQueue()
        self.shared: Future | None = None

    def results(self) -> Iterator[tuple[int, Any]]:
        while self.waiting or self.running:
            self._fill(AHEAD * self._workers())
            try:
                place, _, future = self.running.pop(self.ended.get(timeout=_LOOK))
            except Empty:
                continue
            try:
                result = future.result()
            except Exception as error:  # noqa: BLE001 (evaluated by its kind)
                self._again(place, error)
            else:
                yield place, result

    def stop(self) -> None:
        """Take back what was asked for and not waited for."""
        for _, _, future in self.running.values():
            future.cancel()
        self.running.clear()

    def _fill(self, room: int) -> None:
        while self.waiting and len(self.running) < room:
            if not self._start(self.waiting.popleft()):
                time.sleep(_LOOK)
                return

    def _start(self, place: int) -> bool:
        self.tries[place] += 1
        try:
            if self.common is not None and (self.shared is None or self.shared.status != "finished"):
                # In a list of one: a tuple would be scattered in parts.
                (self.shared,) = self.client.scatter([self.common], broadcast=True, hash=False)
            (data,) = self.client.scatter([self.makers[place]()], hash=False)
            future = self.client.submit(self.function, data, self.shared, pure=False)
        except OSError as error:  # a worker went away while it was sent to; a timeout is one too
            self._again(place, error)
            return False
        self.running[future.key] = (place, data, future)
        future.add_done_callback(lambda ended: self.ended.put(ended.key))
        return True

    def _workers(self) -> int:
        """Return the number of threads that there are; where there are none, wait for some."""
        until = time.monotonic() + _PATIENCE
        while not (threads := threads_of(self.client)):
            if time.monotonic() > until:
                raise LeadMLError("the Dask cluster has no workers left", do="start some and try again")
            time.sleep(_LOOK)
        return threads

    def _again(self, place: int, error: Exception) -> None:
        """Put a piece back that was lost with its worker; raise anything else."""
        if not lost(error):
            raise error
        if self.tries[place] >= TRIES:
            raise LeadMLError(
                f"the Dask workers lost the same piece of work {TRIES} times",
                value=error,
                do="look at their logs; most often their memory is not enough",
            ) from error
        _log.warning("a Dask worker went away with a piece of the work, which is done again: %r", error)
        self.waiting.append(place)


def lost(error: Exception) -> bool:
    """Tell whether an error means that a worker went away, and not that the work is wrong."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    return isinstance(error, CancelledError | KilledWorker | CommClosedError | TimeoutError | OSError)
