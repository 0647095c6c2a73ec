"""How the client was reached, now and before."""

from lead_ml import category, number

GROUP = "channel"
FEATURES = [
    category("contact", en="Kind of contact", zh="联系方式"),
    number("campaign", en="Calls in this campaign", zh="本次活动通话次数"),
    number("pdays", en="Days since the last campaign (-1: never)", zh="距上次活动天数（-1 表示从未）"),
    number("previous", en="Calls before this campaign", zh="此前通话次数"),
    category("poutcome", en="Outcome of the last campaign", zh="上次活动结果"),
]
