"""Engagement of the account: what all leads of the same company did, not only this one.

An event enters the stream of the account when it was known and its lead existed, whichever is later. Leads without
``account_id`` have these features missing, not zero.
"""

from lead_ml.declare import events, leads

GROUP = "engagement"

FEATURES = [
    events(by="account_id").count(
        "account_events_30d",
        window="30d",
        en="Activities of the company, last 30 days",
        zh="该公司近30天活动次数",
    ),
    events(by="account_id", type="page_view", page="pricing").count(
        "account_pricing_views_30d",
        window="30d",
        en="Pricing page views of the company, last 30 days",
        zh="该公司近30天价格页浏览次数",
    ),
    leads(by="account_id").count("account_leads", en="Leads of the company so far", zh="该公司累计线索数"),
]
