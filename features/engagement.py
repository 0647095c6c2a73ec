"""Engagement: what the lead did. Counts look back from the moment of the question, never past it.

``window="7d"`` counts what happened in the seven days before; without a window all history counts. An event is seen only
once it was known: a call typed in two days late is two days late here too, in training as in serving. Types and pages are
those of your events table; a type that never occurs gives a column of zeros.

Reasons add up the features about one thing, such as all counts of calls. ``family`` adds to them what is counted otherwise: the
minutes on the phone belong to the calls.
"""

from lead_ml.declare import category, events, interest, lead_age

GROUP = "engagement"
TWO_WAY = ("call_connected", "email_reply")
BUYING_FORMS = ("demo", "pricing", "contact")

visits = events(type="page_view")
pricing = events(type="page_view", page="pricing")
clicks = events(type="email_click")
two_way = events(type=TWO_WAY)

FEATURES = [
    visits.count("page_views_1d", window="1d", en="Page views, last day", zh="近1天浏览页数"),
    visits.count("page_views_7d", window="7d", en="Page views, last 7 days", zh="近7天浏览页数"),
    visits.count("page_views_30d", window="30d", en="Page views, last 30 days", zh="近30天浏览页数"),
    pricing.count(
        "pricing_views_7d", window="7d", en="Pricing page views, last 7 days", zh="近7天价格页浏览次数"
    ),
    pricing.count(
        "pricing_views_30d", window="30d", en="Pricing page views, last 30 days", zh="近30天价格页浏览次数"
    ),
    events(type="page_view", page=("docs", "case_study", "integration")).count(
        "evaluation_views_30d",
        window="30d",
        en="Views of docs and case studies, last 30 days",
        zh="近30天文档与案例浏览次数",
    ),
    events(type="page_view", page="careers").count(
        "careers_views", en="Views of the careers page", zh="招聘页浏览次数"
    ),
    visits.distinct("distinct_pages", of="page", en="Different pages seen", zh="浏览过的不同页面数"),
    visits.distinct(
        "sessions_7d", of="session_id", window="7d", en="Visits, last 7 days", zh="近7天访问次数"
    ),
    visits.distinct(
        "sessions_30d", of="session_id", window="30d", en="Visits, last 30 days", zh="近30天访问次数"
    ),
    events(type="email_open").count(
        "email_opens_30d", window="30d", en="E-mails opened, last 30 days", zh="近30天打开邮件次数"
    ),
    clicks.count("email_clicks_7d", window="7d", en="E-mail clicks, last 7 days", zh="近7天邮件点击次数"),
    clicks.count("email_clicks_30d", window="30d", en="E-mail clicks, last 30 days", zh="近30天邮件点击次数"),
    events(type="form_submit").count("forms", en="Forms sent", zh="提交表单次数"),
    events(type="form_submit", page=BUYING_FORMS).count(
        "buying_forms",
        family="forms",
        en="Forms sent for a demo, a price or a contact",
        zh="提交演示、报价或联系表单次数",
    ),
    events(type="webinar").count("webinars", en="Webinars attended", zh="参加网络研讨会次数"),
    events(type="chat").count("chats_30d", window="30d", en="Chats, last 30 days", zh="近30天在线咨询次数"),
    events(type="unsubscribe").count("unsubscribes", en="Unsubscribed from e-mails", zh="退订邮件次数"),
    two_way.count(
        "two_way_contacts_30d", window="30d", en="Calls and replies, last 30 days", zh="近30天通话与回复次数"
    ),
    two_way.count("two_way_contacts", en="Calls and replies so far", zh="累计通话与回复次数"),
    two_way.days_since_last(
        "days_since_last_contact", en="Time since the last call or reply", zh="距上次通话或回复"
    ),
    events(type="call_connected").sum(
        "call_minutes_30d",
        of="value",
        window="30d",
        unit="minutes",
        family="two_way_contacts",
        en="Minutes on the phone, last 30 days",
        zh="近30天通话分钟数",
    ),
    events().days_since_last("days_since_last_event", en="Time since the last activity", zh="距最近一次活动"),
    events().days_since_first("days_since_first_event", en="Time since the first activity", zh="距首次活动"),
    events(type=("page_view", "email_click", "form_submit", "chat", "webinar", *TWO_WAY)).decayed_sum(
        "recent_activity",
        half_life="14d",
        family="days_since_last_event",
        en="Recent activity, halved every 14 days",
        zh="近期活跃度（每14天减半）",
    ),
    interest(
        "interest",
        {
            "pricing": {"page": ("pricing", "demo")},
            "integration": {"page": ("integration", "docs")},
            "references": {"page": ("case_study", "whitepaper")},
            "product": {"page": "product"},
            "reading": {"page": ("blog", "newsletter", "webinar")},
            "jobs": {"page": "careers"},
        },
        half_life="30d",
        en="Looked at most",
        zh="最关注的内容",
    ),
    category(
        "message", name="message_length", transform="length_bucket", en="Length of the message", zh="留言长度"
    ),
    category(
        "message",
        name="buying_words",
        transform="buying_words",
        en="Message mentions buying",
        zh="留言提到采购意向",
    ),
    lead_age(en="Lead age", zh="创建至今"),
]
