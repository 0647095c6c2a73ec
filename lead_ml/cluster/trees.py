"""Growing trees on a cluster with ``lightgbm.dask``: data-parallel, a part of the rows and a thread set per worker.

The number of rounds is that of ``params.yaml``, chosen on a sample by ``lead-ml tune``: early stopping of ``lightgbm.dask``
crashed once and hung once in two tries. LightGBM cannot go on without a worker that died, so the fit starts anew.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from lead_ml.asof.matrix import blocks
from lead_ml.cluster.layout import give_back
from lead_ml.cluster.mapped import TRIES, lost
from lead_ml.errors import LeadMLError
from lead_ml.model.lightgbm import BoosterTask, train_booster_here

if TYPE_CHECKING:
    from distributed import Client

_log = logging.getLogger(__name__)
ROWS_A_WORKER = 1_000
_LOOK = 0.5  # seconds between two looks at the workers
_WORKERS = 30  # seconds that workers have to come back
# What LightGBM writes of the cluster into a model, and what a single machine writes there.
_ALONE: Mapping[str, str] = {
    "tree_learner": "serial",
    "num_machines": "1",
    "machines": "",
    "local_listen_port": "12400",
    "time_out": "120",
    "pre_partition": "0",
}


class _WorkerGone(Exception):
    """A worker of a running fit is no more."""


def train_booster_on(client: Client, growth: BoosterTask, *, rows_a_worker: int = ROWS_A_WORKER) -> str:
    """Train the trees on the workers; return the model text, without a word of the cluster.

    Rows are dealt out like cards, so that every worker sees the same mix of times. Fewer than `rows_a_worker` for two
    workers are grown in this process. The trees differ from those of one machine as bins and sums do, within the
    interval of any figure; the same workers give the same trees.
    """
    try:
        return _grow(client, growth, rows_a_worker)
    except OSError as error:
        raise LeadMLError(
            "the Dask scheduler went away", value=error, do="start it again and repeat the command"
        ) from error


def _grow(client: Client, growth: BoosterTask, rows_a_worker: int) -> str:
    for _ in range(TRIES):
        most = len(growth.X) // rows_a_worker
        if most > 1:
            _gather(client)
        workers = sorted(client.nthreads())[:most]
        if len(workers) < 2:
            return train_booster_here(growth)
        try:
            return _alone(_grown(client, growth, workers))
        except Exception as error:
            if not isinstance(error, _WorkerGone) and not lost(error) and _present(client, workers):
                raise
            _settle(client, workers)
    raise LeadMLError(
        f"the Dask workers died in each of {TRIES} fits",
        do="look at their logs; most often their memory is not enough",
    )


def _grown(client: Client, growth: BoosterTask, workers: list[str]) -> str:
    with _placed(client, workers) as own, ThreadPoolExecutor(1) as pool:
        fit = pool.submit(_fit, own, growth, workers)
        try:
            return _watched(client, fit, workers)
        finally:
            own.close()  # ends a fit that still waits


@contextmanager
def _placed(client: Client, workers: Sequence[str]) -> Iterator[Client]:
    """Open another client of the same cluster, which can be closed with whatever hangs in it.

    ``lightgbm.dask`` ranks workers in the order in which it happens to hear of them, and lets the scheduler move parts; ranks
    and parts decide the last bits of every sum. Here part k stays at worker k, whose rank is k.
    """
    from distributed import Client

    class Placed(Client):  # type: ignore[misc]
        def compute(self, parts: Sequence[Any], **_: Any) -> list[Any]:
            compute = super().compute
            return [
                compute(part, workers=[worker], allow_other_workers=False)
                for part, worker in zip(parts, workers, strict=True)
            ]

        def who_has(self, parts: Sequence[Any], **_: Any) -> dict[str, Any]:
            found = super().who_has(parts)
            return {part.key: found[part.key] for part in parts}

    with _connected(Placed, client) as own:
        yield own


def _connected(kind: type[Client], client: Client) -> Client:
    """Connect; once more where another message came in one packet with the greeting, which distributed does not expect."""
    assert client.scheduler is not None
    for _ in range(TRIES):
        try:
            return kind(client.scheduler.address, security=client.security, set_as_default=False)
        except AssertionError:
            time.sleep(1.0)
    raise LeadMLError("the Dask scheduler does not greet as it should", do="install the same Dask everywhere")


def _watched(client: Client, fit: Future[str], workers: list[str]) -> str:
    """Wait for the fit, but no longer than its workers live: LightGBM would wait for a dead one for hours."""
    while not wait([fit], timeout=_LOOK).done:
        if not _present(client, workers):
            raise _WorkerGone
    return fit.result()


def _present(client: Client, workers: list[str]) -> bool:
    return set(workers) <= set(client.nthreads())


def _gather(client: Client) -> None:
    """Wait for workers of a local cluster that are just starting again, so that trees do not depend on the moment."""
    if client.cluster is not None:
        with suppress(TimeoutError):
            client.wait_for_workers(len(client.cluster.workers), timeout=_WORKERS)


def _settle(client: Client, workers: list[str]) -> None:
    """Restart the workers that still wait for the dead one inside LightGBM, and give all of them time to come back."""
    _log.warning("a Dask worker went away in a fit, which starts anew")
    stuck = [worker for worker in workers if worker in client.nthreads()]
    if stuck:
        with suppress(ValueError):  # one without a nanny cannot be restarted; its sockets break by themselves
            client.restart_workers(stuck, raise_for_error=False)
    with suppress(TimeoutError):  # then the others do it
        client.wait_for_workers(len(workers), timeout=_WORKERS)


def _quiet() -> None:
    """Let LightGBM log instead of print: standard output belongs to results."""
    import lightgbm

    logger = logging.getLogger("lightgbm")
    lightgbm.register_logger(logger, info_method_name="debug", warning_method_name="info")


def _fit(client: Client, growth: BoosterTask, workers: list[str]) -> str:
    from lightgbm.dask import DaskLGBMRegressor

    for future in [client.submit(_quiet, workers=[worker], pure=False) for worker in workers]:
        future.result()
    _quiet()
    # The regressor with a binary objective is LightGBM itself; the classifier would code the labels of each worker apart.
    params = {
        name: value for name, value in growth.params.items() if name != "num_threads"
    }  # each worker has its own
    model = DaskLGBMRegressor(client=client, n_estimators=growth.rounds, **params)
    with client.as_current():  # parts look for the client they belong to
        model.fit(
            _dealt(client, growth.X, workers),
            _dealt(client, growth.y, workers),
            sample_weight=None if growth.weight is None else _dealt(client, growth.weight, workers),
            feature_name=list(growth.names),
            categorical_feature=list(growth.categories),
        )
    text = str(model.booster_.model_to_string(num_iteration=-1))
    give_back()
    return text


def _dealt(client: Client, array: Any, workers: list[str]) -> Any:
    """Deal the rows out to the workers; return them as a Dask array with a chunk on each.

    The rows go in blocks, so that a matrix that is made block by block is nowhere whole but in parts on the workers.
    """
    import dask
    import dask.array

    chunks = []
    for k, worker in enumerate(workers):
        rows = np.arange(k, len(array), len(workers))
        sent = [
            client.scatter(np.ascontiguousarray(array[part]), workers=[worker], hash=False)
            for part in blocks(rows)
        ]
        hand = client.submit(np.concatenate, sent, workers=[worker], pure=False)
        shape = (len(rows), *array.shape[1:])
        chunks.append(dask.array.from_delayed(dask.delayed(hand), shape, np.float64))
    return dask.array.concatenate(chunks)


def _alone(text: str) -> str:
    for name, value in _ALONE.items():
        text = re.sub(rf"^\[{name}: .*\]$", f"[{name}: {value}]", text, flags=re.MULTILINE)
    return text
