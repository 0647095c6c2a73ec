"""What columns are called: the names of every role in English, Chinese and some German, and how alike two names are.

A name is compared after :func:`key`: ``LeadSource``, ``lead_source`` and ``Lead Source`` are one name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lead_ml.clean import clean

EXACT, PARTIAL = 1.0, 0.7
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Names:
    """Whole names, separated by ``|``, and a pattern that a part of the name must match."""

    whole: frozenset[str]
    part: re.Pattern[str] | None

    def likeness(self, name: str) -> float:
        """Return 1 for one of the whole names, .7 where a part matches, else 0."""
        found = key(name)
        if found in self.whole:
            return EXACT
        return PARTIAL if self.part is not None and self.part.search(found) else 0.0


def key(name: str) -> str:
    """Return a name in lower case, its words apart, without punctuation.

    >>> key("LeadSource"), key(" created_at "), key("E-Mail (work)"), key("线索编号")
    ('lead source', 'created at', 'e mail work', '线索编号')
    """
    spaced = _CAMEL.sub(" ", clean(name))
    return " ".join(re.findall(r"\w+", spaced.replace("_", " ").casefold()))


def _names(whole: str, part: str = "") -> Names:
    return Names(frozenset(whole.split("|")), re.compile(part) if part else None)


LEAD_NAMES: Mapping[str, Names] = {
    "lead_id": _names(
        "id|lead id|lead number|lead no|leadid|prospect id|contact id|mql id|record id|uuid|guid|lead key|编号|线索id|leadnummer",
        r"\b(lead|prospect|contact|enquiry|inquiry|mql|record|request) (id|no|nr|number|key|code)\b"
        r"|(线索|记录|客资|商机|潜客)(编号|编码|号|id)",
    ),
    "created_at": _names(
        "created at|created|create date|createdate|created date|creation date|created time|created on|date created|lead created"
        "|first contact date|submitted at|submission date|signup date|registered at|registration date|date added|inquiry date"
        "|创建时间|创建日期|录入时间|提交时间|注册时间|erstellt am|erstelldatum|anlagedatum|angelegt am|eingang",
        r"creat(e|ed|ion)\b|\bfirst (contact|seen|touch)|sign ?up|submi(t|ssion)|enquiry date|erstell|angelegt|eingangs"
        r"|创建|录入|注册(时间|日期)|提交(时间|日期)|登记(时间|日期)|首次(咨询|联系|接触|访问)|(线索|进线|获取|咨询)(时间|日期)",
    ),
    "source": _names(
        "source|lead source|origin|utm source|traffic source|original source|quelle|herkunft|leadquelle|来源|线索来源",
        r"\b(source|origin)$|来源|quelle$",
    ),
    "campaign": _names(
        "campaign|utm campaign|campaign name|kampagne|营销活动|活动名称", r"\bcampaign|kampagne|推广计划"
    ),
    "channel": _names(
        "channel|lead origin|medium|utm medium|marketing channel|kanal|渠道|获客渠道", r"channel|渠道|kanal$"
    ),
    "country": _names("country|country code|nation|land|国家", r"\bcountry\b|国家"),
    "region": _names("region|state|province|bundesland|省|省份|地区|区域", r"\b(province|region)\b|省份"),
    "city": _names("city|town|stadt|ort|城市|所在城市", r"\bcity\b|城市"),
    "industry": _names(
        "industry|sector|vertical|branche|行业|所属行业", r"\bindustry\b|行业|business segment"
    ),
    "company": _names(
        "company|company name|organization|organisation|employer|account name|firma|unternehmen|公司|公司名称|企业名称|单位",
        r"\bcompany name\b|公司名|企业名|单位名",
    ),
    "company_size": _names(
        "company size|employees|number of employees|employee count|headcount|mitarbeiter|mitarbeiterzahl|公司规模|企业规模|员工人数|人员规模",
        r"\bemployees\b|company size|员工|规模|mitarbeiter",
    ),
    "job_title": _names(
        "job title|title|job|position|occupation|role|funktion|beruf|职位|职务|岗位",
        r"\bjob (title|role)\b|职位|职务|岗位",
    ),
    "name": _names(
        "name|full name|contact name|lead name|customer name|contact person|ansprechpartner|姓名|联系人|客户姓名|联系人姓名",
        r"\bfull name\b|姓名",
    ),
    "email": _names("email|e mail|email address|mail|邮箱|电子邮箱|电子邮件", r"\be ?mail\b|邮箱"),
    "phone": _names(
        "phone|mobile|telephone|phone number|mobile phone|tel|cell|telefon|handy|手机|手机号|电话|联系电话|手机号码",
        r"\b(phone|mobile|telephone)\b|手机|电话|telefon",
    ),
    "ip": _names("ip|ip address|client ip|ip地址", r"\bip\b"),
    "user_agent": _names("user agent|useragent", r"user ?agent"),
    "form_seconds": _names("form seconds|form duration|填写秒数|填写时长", r"(seconds|time) on form"),
    "captcha_passed": _names("captcha|captcha passed|验证码", r"captcha|验证码"),
    "message": _names(
        "message|enquiry|inquiry|inquiry text|request text|留言|咨询内容|需求描述|nachricht|anfrage", r"留言"
    ),
    "consent": _names(
        "consent|opt in|marketing consent|gdpr consent|einwilligung|同意联系", r"\bconsent\b|opt in\b"
    ),
    "account_id": _names(
        "account id|company id|organization id|公司编号|企业编号", r"\b(account|company) (id|no|number)\b"
    ),
    "owner": _names(
        "owner|lead owner|sales rep|salesperson|assigned to|account manager|betreuer|负责人|跟进人|销售|销售人员",
        r"\bowner\b|assigned to|负责人|跟进人|归属(人|销售)|betreuer",
    ),
    "cost": _names("cost|cost per lead|cpl|acquisition cost|kosten|成本|获客成本", r"^(lead )?cost|成本$"),
}
EVENT_NAMES: Mapping[str, Names] = {
    "occurred_at": _names(
        "occurred at|timestamp|time|date|datetime|event time|event date|event timestamp|created at|activity date|ts|when"
        "|时间|发生时间|日期|行为时间|zeitpunkt|datum",
        r"(event|activity|visit|occur)\w* (time|date|at)\b|时间|日期|\b(time|date|at)$",
    ),
    "type": _names(
        "type|event|event type|event name|activity|activity type|action|behavior|类型|事件|行为|动作|事件类型|行为类型|typ",
        r"(event|activity|action)( type| name)?$|类型|事件|行为|动作",
    ),
    "event_id": _names("event id|activity id|id|uuid|事件编号|行为编号", r"(event|activity) (id|no)\b"),
    "recorded_at": _names(
        "recorded at|logged at|entered at|synced at|录入时间|记录时间",
        r"(recorded|logged|entered|synced) (at|on)",
    ),
    "channel": _names("channel|medium|渠道", r"channel|渠道"),
    "page": _names("page|page url|url|path|page path|page title|页面|网页", r"\bpage\b|页面"),
    "session_id": _names("session id|session|visit id|会话编号", r"session|会话"),
    "value": _names("value|amount|duration|score|数值|时长|金额|wert", r"\bvalue\b|duration|时长"),
}
OUTCOME_NAMES: Mapping[str, Names] = {
    "occurred_at": _names(
        "occurred at|won date|won at|close date|closed at|closed date|stage date|changed at|date|timestamp|conversion date"
        "|成交时间|成交日期|变更时间|时间|日期|签约时间|datum",
        r"(won|clos|conver|chang|stage|sign|order|deal)\w* (date|time|at|on)\b|(成交|变更|签约|阶段|转化|赢单|下单).*(时间|日期)",
    ),
    "stage": _names(
        "stage|status|new stage|to stage|outcome|result|deal stage|lead status|阶段|状态|结果|新阶段",
        r"(stage|status|outcome)$|阶段|状态|结果",
    ),
    "outcome_id": _names(
        "outcome id|deal id|opportunity id|order id|id", r"(deal|opportunity|order) (id|no|number)\b"
    ),
    "recorded_at": _names("recorded at|logged at|entered at|录入时间", r"(recorded|logged|entered) (at|on)"),
    "reason": _names(
        "reason|lost reason|invalid reason|loss reason|disqualification reason|原因|无效原因|战败原因|grund",
        r"reason|原因|grund$",
    ),
    "amount": _names(
        "amount|deal amount|deal value|revenue|value|金额|成交金额|合同金额|betrag|umsatz",
        r"amount|金额|betrag",
    ),
}
WON_AT = _names(
    "won date|won at|close date|closed date|closed at|closed won date|converted at|conversion date|converted date|deal date"
    "|signed at|contract date|purchase date|order date|became a customer date|成交时间|成交日期|签约时间|签约日期|赢单时间",
    r"\bwon (date|at|on|time)|\bclos(e|ed|ing) .*?(date|at|time)|conver(ted|sion) (date|at|time|on)|became a customer"
    r"|(成交|签约|签单|转化|赢单|付款|下单)(时间|日期)|abschlussdatum|gewonnen am|kauf(datum| am)",
)
OUTCOME = _names(
    "y|target|label|converted|conversion|is converted|won|is won|closed won|is customer|purchased|bought|subscribed|success|deal won"
    "|是否成交|是否转化|成交|转化|是否签约|是否购买|是否赢单|abgeschlossen|gewonnen|kunde geworden|gekauft",
    r"^(is |has )?(converted|won|purchased|bought|subscribed)\b|是否(已)?(成交|转化|购买|签约|赢单|下单|付费|到访)|成交(结果|标志|与否)|gewonnen|abschluss",
)
STAGE = _names(
    "stage|status|lead status|lead stage|lifecycle stage|deal stage|pipeline stage|opportunity stage|outcome|result|阶段|状态|线索状态|跟进阶段|结果|phase",
    r"(lead|deal|life ?cycle|pipeline|sales|opportunity) (status|stage)|阶段|状态",
)
DATED = re.compile(
    r"\b(date|time|timestamp|at|on|am|datum|zeit|when|day)\b|(date|datum|zeit)$|时间|日期|\b(created|closed|won)\b"
)
