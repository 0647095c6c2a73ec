"""Who is called: everything the bank knew before it dialled."""

from lead_ml import category, number

GROUP = "fit"
FEATURES = [
    number("age", en="Age in years", zh="年龄"),
    category("job", en="Job", zh="职业"),
    category("marital", en="Marital status", zh="婚姻状况"),
    category("education", en="Education", zh="教育程度"),
    category("default", en="Credit in default", zh="信用违约"),
    number("balance", en="Yearly balance, EUR", zh="年均余额（欧元）"),
    category("housing", en="Housing loan", zh="住房贷款"),
    category("loan", en="Personal loan", zh="个人贷款"),
    number("duration", en="Length of the call, seconds", zh="通话时长（秒）"),
]
