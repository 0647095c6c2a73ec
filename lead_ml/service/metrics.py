"""Prometheus metrics of one process. Each app has a registry of its own, so several apps can run in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from lead_ml.service.reload import ScorerReloader

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ServiceMetrics:
    """Requests by route, method and status code, their duration by route, requests in flight, and the model."""

    def __init__(self, reloader: ScorerReloader) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = Gauge(
            "lead_ml_requests_in_flight", "Requests being processed.", registry=self.registry
        )
        requests = Counter(
            "lead_ml_requests", "Finished requests.", ("route", "method", "code"), registry=self.registry
        )
        durations = Histogram(
            "lead_ml_request_duration_seconds",
            "Time until the end of the response.",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        # labels() takes most of the time of one observation, so its results are kept; the labels have few values
        self._count: Callable[[str, str, int], Counter] = cache(requests.labels)
        self._duration: Callable[[str], Histogram] = cache(durations.labels)
        self.registry.register(ModelCollector(reloader))

    def observe(self, route: str, method: str, code: int, seconds: float) -> None:
        """Count one finished request; `route` is the template of the route, never the path."""
        self._count(route, method, code).inc()
        self._duration(route).observe(seconds)

    def text(self) -> bytes:
        """Return all metrics in the Prometheus text format."""
        return generate_latest(self.registry)


class ModelCollector(Collector):
    """Reads which model is in use, and whether its last reload succeeded, at the time of each scrape."""

    def __init__(self, reloader: ScorerReloader) -> None:
        self._reloader = reloader

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the model."""
        if self._reloader.ready:
            scorer = self._reloader.scorer
            labels = {
                "version": scorer.version,
                "model_type": scorer.bundle.parts["conversion"].fitted.candidate,
            }
            yield InfoMetricFamily("lead_ml_model", "The model in use.", value=labels)
            if scorer.shared_columns:
                yield GaugeMetricFamily(
                    "lead_ml_reference_age_seconds",
                    "How far the history of sources, addresses and other keys that many leads share is behind.",
                    value=max(time.time() - scorer.bundle.info.until / 1e6, 0.0),
                )
        yield GaugeMetricFamily(
            "lead_ml_model_loaded_timestamp_seconds",
            "Unix time at which the model was loaded; 0 before the first model.",
            value=self._reloader.loaded_at,
        )
        state = self._reloader.reload
        yield GaugeMetricFamily(
            "lead_ml_model_last_reload_successful",
            "1 if the last reload succeeded or none was needed, otherwise 0.",
            value=float(state is None or state.ok),
        )
