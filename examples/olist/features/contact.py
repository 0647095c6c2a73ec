"""Where the contact came from: all that is known when it arrives."""

from lead_ml import category, leads

GROUP = "channel"
FEATURES = [
    category("source", en="Source", zh="来源"),
    category("landing_page_id", en="Landing page", zh="落地页"),
    leads(by="source").count("source_leads_7d", window="7d", en="Leads of the source, last 7 days", zh="该来源近7天线索数"),
    leads(by="landing_page_id").count(
        "page_leads_30d", window="30d", en="Leads of the landing page, last 30 days", zh="该落地页近30天线索数"
    ),
]
