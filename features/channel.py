"""Channel: where the lead came from, and what lately became of other leads from there.

``outcomes(by="source")`` counts outcomes of all leads of the same source, known before the question. A plain count stays
honest in time; a rate of wins by leads does not, unless its denominator is ripe (young leads have not had time to win).
"""

from lead_ml.declare import category, leads, outcomes

GROUP = "channel"

FEATURES = [
    category("source", en="Source", zh="来源"),
    category("channel", en="Channel", zh="渠道"),
    category("campaign", en="Campaign", zh="营销活动"),
    leads(by="source").count(
        "source_leads_7d", window="7d", en="Leads from this source, last 7 days", zh="该来源近7天线索数"
    ),
    leads(by="source").count(
        "source_leads_30d", window="30d", en="Leads from this source, last 30 days", zh="该来源近30天线索数"
    ),
    outcomes(by="source", stage="mql").count(
        "source_mql_90d", window="90d", en="MQLs from this source, last 90 days", zh="该来源近90天MQL数"
    ),
    outcomes(by="source", stage="sql").count(
        "source_sql_90d", window="90d", en="SQLs from this source, last 90 days", zh="该来源近90天SQL数"
    ),
    outcomes(by="source", stage="won").count(
        "source_won_90d", window="90d", en="Wins from this source, last 90 days", zh="该来源近90天成交数"
    ),
    outcomes(by="source", stage="invalid").count(
        "source_invalid_90d",
        window="90d",
        en="Invalid leads from this source, last 90 days",
        zh="该来源近90天无效线索数",
    ),
]
