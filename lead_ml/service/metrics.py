"""Figures of one process in the text format of Prometheus. Changed on the event loop only, so without locks."""

from __future__ import annotations

from collections import Counter, defaultdict

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Requests by route and code, their latency by route, and how many are in flight."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def observe(self, route: str, method: str, code: int, seconds: float) -> None:
        """Count a finished request; `route` is the template of the route, never the path."""
        self._requests[route, method, code] += 1
        self._seconds[route] += seconds
        place = sum(seconds > edge for edge in BUCKETS)
        self._buckets[route][place] += 1

    def text(self, *, version: str, kind: str, reload_ok: bool, loaded_at: float) -> str:
        """Write everything, with the model that serves."""
        lines = [
            "# HELP lead_ml_requests_total Finished requests.",
            "# TYPE lead_ml_requests_total counter",
            *self._request_lines(),
            "# HELP lead_ml_request_seconds Time to the end of the response.",
            "# TYPE lead_ml_request_seconds histogram",
            *self._latency_lines(),
            "# HELP lead_ml_requests_in_flight Requests being answered.",
            "# TYPE lead_ml_requests_in_flight gauge",
            f"lead_ml_requests_in_flight {self.in_flight}",
            "# HELP lead_ml_model_info The model that serves.",
            "# TYPE lead_ml_model_info gauge",
            *(
                [f'lead_ml_model_info{{version="{_safe(version)}",kind="{_safe(kind)}"}} 1']
                if version
                else []
            ),
            "# HELP lead_ml_model_loaded_timestamp_seconds When the model was loaded, 0 before the first.",
            "# TYPE lead_ml_model_loaded_timestamp_seconds gauge",
            f"lead_ml_model_loaded_timestamp_seconds {loaded_at:.3f}",
            "# HELP lead_ml_reload_ok Whether the last reload succeeded.",
            "# TYPE lead_ml_reload_ok gauge",
            f"lead_ml_reload_ok {int(reload_ok)}",
        ]
        return "\n".join(lines) + "\n"

    def _request_lines(self) -> list[str]:
        return [
            f'lead_ml_requests_total{{route="{_safe(route)}",method="{_safe(method)}",code="{code}"}} {count}'
            for (route, method, code), count in sorted(self._requests.items())
        ]

    def _latency_lines(self) -> list[str]:
        lines = []
        for route, counts in sorted(self._buckets.items()):
            total, label = 0, f'route="{_safe(route)}"'
            for edge, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                total += count
                lines.append(f'lead_ml_request_seconds_bucket{{{label},le="{edge}"}} {total}')
            lines.append(f"lead_ml_request_seconds_sum{{{label}}} {self._seconds[route]:.6f}")
            lines.append(f"lead_ml_request_seconds_count{{{label}}} {total}")
        return lines


def _safe(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
