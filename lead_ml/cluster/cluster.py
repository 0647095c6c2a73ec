"""Opening a cluster: workers on this machine, or a scheduler that runs already."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from lead_ml.cluster.layout import frugal
from lead_ml.errors import LeadMLError, MissingExtra, ParamsError

if TYPE_CHECKING:
    from distributed import Client

_HERE = re.compile(r"local(?::([1-9]\d*))?")
_THERE = re.compile(r"(?:tcp|tls|ucx|ws|wss)://\S+")
_ANSWER = 10  # seconds that a scheduler has to answer
_WORKERS = 60  # seconds that the first worker has to come
# A local cluster looks once, this long after a worker died, whether it is there, and else gives it up for good: also where
# it came back long ago and is just starting again after another death. Its nanny starts it whatever happens.
_NEVER = "365 days"

Progress = Callable[[str], None]


@contextmanager
def opened(address: str, progress: Progress = lambda _: None) -> Iterator[Client]:
    """Open a cluster for the length of a ``with`` block; what was started is closed after it, Ctrl-C or not.

    The address is ``local:2`` for two worker processes of one thread each on this machine (``local``: one per core), or that of
    a scheduler such as ``tcp://host:8786``.
    """
    local = _HERE.fullmatch(address)
    if local is None and not _THERE.fullmatch(address):
        raise ParamsError(
            "the address of a Dask cluster", value=address, expected="local:2 or tcp://host:8786"
        )
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise MissingExtra("dask", "dask") from error
    frugal()
    with ExitStack() as stack:
        client = _local(stack, local[1]) if local else _remote(stack, address)
        _greet(client)
        progress(f"Dask: {len(client.nthreads())} workers at {address}")
        yield client


def _local(stack: ExitStack, workers: str | None) -> Client:
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster

    stack.enter_context(_not_told("lose scattered data"))  # it is made again
    stack.enter_context(dask.config.set({"distributed.deploy.lost-worker-timeout": _NEVER}))
    cluster = LocalCluster(
        n_workers=int(workers or CPU_COUNT),
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
        preload=["lead_ml.cluster.worker_preload"],
    )
    stack.enter_context(cluster)
    return stack.enter_context(Client(cluster, direct_to_workers=True, set_as_default=False))


@contextmanager
def _not_told(words: str) -> Iterator[None]:
    """Leave out what the scheduler, which runs in this process, would tell about a worker that died."""
    logger = logging.getLogger("distributed.scheduler")

    def silent(record: logging.LogRecord) -> bool:
        return words not in record.getMessage()

    logger.addFilter(silent)
    try:
        yield
    finally:
        logger.removeFilter(silent)


def _remote(stack: ExitStack, address: str) -> Client:
    from distributed import Client

    try:
        client = stack.enter_context(Client(address, timeout=_ANSWER, set_as_default=False))
        client.wait_for_workers(1, timeout=_WORKERS)
    except (OSError, ValueError) as error:  # a timeout is an OSError
        raise LeadMLError(
            "the Dask scheduler does not answer, or has no workers",
            value=address,
            do="start it with dask scheduler and dask worker, or use --dask local:2",
        ) from error
    return client


def _greet(client: Client) -> None:
    """Warm the kernel on every worker, and see that all speak the same language.

    The first compiles into the cache on disk, from which those of its machine load. This process, which only holds
    answers, does without.
    """
    first, *others = client.nthreads()
    _greet_workers(client, [first])
    _greet_workers(client, others)


def _greet_workers(client: Client, workers: Sequence[str]) -> None:
    ours = _versions()
    asked = {
        worker: client.submit(_warmed, workers=[worker], allow_other_workers=False, pure=False)
        for worker in workers
    }
    for worker, future in asked.items():
        try:
            theirs: Any = future.result()
        except ImportError as error:
            raise LeadMLError(
                f"the Dask worker {worker} cannot import lead-ml: {error}",
                do="install the same lead-ml on every worker",
            ) from error
        if theirs != ours:
            raise LeadMLError(
                f"the Dask worker {worker} has other libraries",
                value=theirs,
                expected=str(ours),
                do="install the same versions on every worker",
            )


def _warmed() -> dict[str, str]:
    """Warm the kernel; return the versions that results depend on."""
    from lead_ml.asof.kernel import warm

    warm()
    return _versions()


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("lead-ml", "numpy", "lightgbm")}
