"""Channel: where the lead came from, and what lately became of other leads from there.

A conversion rate counts only leads that have had their 30 days, so it does not climb by itself as the history grows, and it is
drawn towards the rate of all sources where a source has few. Counts of wins would grow with the company instead.
"""

from lead_ml.declare import category, leads

GROUP = "channel"

of_source = leads(by="source")

FEATURES = [
    category("source", en="Source", zh="来源"),
    category("channel", en="Channel", zh="渠道"),
    category("campaign", en="Campaign", zh="营销活动"),
    of_source.count(
        "source_leads_7d", window="7d", en="Leads from this source, last 7 days", zh="该来源近7天线索数"
    ),
    of_source.count(
        "source_leads_30d", window="30d", en="Leads from this source, last 30 days", zh="该来源近30天线索数"
    ),
    of_source.conversion_rate(
        "source_conversion_rate",
        within="30d",
        window="90d",
        en="Conversion rate of this source",
        zh="该来源转化率",
    ),
    of_source.conversion_rate(
        "source_sql_rate",
        stage=("sql", "won"),
        within="30d",
        window="90d",
        family="source_conversion_rate",
        en="Share of this source's leads that became SQLs",
        zh="该来源的SQL占比",
    ),
    of_source.conversion_rate(
        "source_invalid_rate",
        stage="invalid",
        within="14d",
        window="60d",
        en="Share of this source's leads that turned out invalid",
        zh="该来源的无效线索占比",
    ),
]
