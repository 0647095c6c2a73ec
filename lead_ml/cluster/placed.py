"""A client in which part k stays at worker k, so that what is summed over workers is summed in one order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lead_ml.cluster.mapped import TRIES
from lead_ml.errors import LeadMLError

if TYPE_CHECKING:
    from distributed import Client


@contextmanager
def placed(client: Client, workers: Sequence[str]) -> Iterator[Client]:
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
