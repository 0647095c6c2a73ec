"""The HTTP service: scores, thresholds, model state, operations and the sales leader's pages, as one ASGI app."""

from lead_ml.service.factory import app_from_env, create_app
from lead_ml.service.keys import SCOPES, ApiKey, Scope, create_key, load_keys
from lead_ml.service.settings import Settings

__all__ = ["SCOPES", "ApiKey", "Scope", "Settings", "app_from_env", "create_app", "create_key", "load_keys"]
