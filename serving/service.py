"""BentoML shell around the HTTP service of lead-ml: ``bentoml serve serving.service:LeadScoring``.

Everything that answers is in :mod:`lead_ml.service`, so a fix there reaches this project with an upgrade. BentoML keeps
``/livez``, ``/readyz``, ``/healthz`` and ``/metrics`` for itself. Its access log is off: paths hold lead ids.
"""

from __future__ import annotations

import bentoml

from lead_ml.service import Settings, create_app

app = create_app(Settings.from_env())


@bentoml.service(name="lead_scoring", traffic={"timeout": 30}, logging={"access": {"enabled": False}})
@bentoml.asgi_app(app.__call__, path="/")
class LeadScoring:
    """Mounts the app; BentoML sends no lifespan to mounted apps, so the loading is started here."""

    def __init__(self) -> None:
        app.state.runtime.live.start()

    def __is_ready__(self) -> bool:
        """Say whether a verified model serves, for ``/readyz``."""
        return bool(app.state.runtime.live.ready)
