"""The section ``privacy`` of ``params.yaml``."""

from __future__ import annotations

from pydantic import Field

from lead_ml.project.section import Section


class PrivacyParams(Section):
    """Lead columns that say who a person is, beside name, email, phone and ip; and why a feature may read a sensitive column."""

    personal: tuple[str, ...] = ()
    sensitive: dict[str, str] = Field(default_factory=dict)
