"""Where the contact came from: all that is known when it arrives."""

from lead_ml import category

GROUP = "channel"
FEATURES = [
    category("source", en="Source", zh="来源"),
    category("landing_page_id", en="Landing page", zh="落地页"),
]
