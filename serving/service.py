"""BentoML service around the HTTP app of lead-ml: ``bentoml serve serving.service:LeadScoring``.

All routes are in :mod:`lead_ml.service`, so this project gets fixes with an upgrade of lead-ml. BentoML itself answers
``/livez``, ``/readyz`` and ``/healthz``. Its own metrics are off, because the app has its own. Its access log is off,
because paths contain lead IDs.
"""

from __future__ import annotations

import bentoml

from lead_ml.service import Settings, create_app

app = create_app(Settings.from_env())


@bentoml.service(
    name="lead_scoring",
    traffic={"timeout": 30},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
@bentoml.asgi_app(app.__call__, path="/")
class LeadScoring:
    """Mounts the app. BentoML sends no lifespan events to mounted apps, so loading starts here."""

    def __init__(self) -> None:
        app.state.runtime.reloader.start()

    def __is_ready__(self) -> bool:
        """Return whether a verified model is loaded, for ``/readyz``."""
        return bool(app.state.runtime.reloader.ready)
