"""Authenticity: signs that a lead is not real. Each is a hint, none a verdict: the model weighs them together.

``leads(by="ip")`` counts leads that share an address, this one included, so 1 is usual and a burst shows as many. Free
mail domains are left out of the domain counts (``company_domain``): half the world shares them.
"""

from lead_ml.declare import category, leads, number

GROUP = "authenticity"

FEATURES = [
    category(
        "email",
        name="valid_email",
        transform="valid_email",
        en="E-mail address is well-formed",
        zh="邮箱格式有效",
    ),
    category(
        "email",
        name="disposable_mail",
        transform="disposable",
        en="Throw-away e-mail address",
        zh="使用一次性邮箱",
    ),
    category(
        "phone",
        name="phone_pattern",
        transform="phone_pattern",
        en="Pattern of the phone number",
        zh="电话号码特征",
    ),
    category(
        "phone",
        name="phone_country",
        transform="phone_country",
        en="Country code of the phone",
        zh="电话国家代码",
    ),
    category("name", name="name_script", transform="name_script", en="Script of the name", zh="姓名文字类型"),
    category(
        "name",
        name="name_placeholder",
        transform="name_placeholder",
        en="Name is a filler",
        zh="姓名疑似乱填",
    ),
    number(
        "name",
        name="name_gibberish",
        transform="name_gibberish",
        en="Name looks random (0 to 1)",
        zh="姓名异常程度（0到1）",
    ),
    number(
        "company",
        name="company_gibberish",
        transform="name_gibberish",
        en="Company name looks random (0 to 1)",
        zh="公司名异常程度（0到1）",
    ),
    number("form_seconds", unit="seconds", en="Seconds spent on the form", zh="填写表单秒数"),
    category("captcha_passed", en="Captcha passed", zh="通过人机验证"),
    category("user_agent", name="device", transform="device", en="Device", zh="设备类型"),
    category(
        "message", name="message_has_url", transform="has_url", en="Message holds a link", zh="留言含链接"
    ),
    category(
        "message",
        name="message_promotes",
        transform="promotion_words",
        en="Message advertises something",
        zh="留言含推广内容",
    ),
    leads(by="ip").count(
        "ip_leads_1h", window="1h", en="Leads from this IP address, last hour", zh="该IP近1小时线索数"
    ),
    leads(by="ip").count(
        "ip_leads_1d", window="1d", en="Leads from this IP address, last day", zh="该IP近1天线索数"
    ),
    leads(by="email:company_domain").count(
        "domain_leads_1d",
        window="1d",
        en="Leads from this e-mail domain, last day",
        zh="该邮箱域名近1天线索数",
    ),
    leads(by="email:domain").count(
        "mail_host_leads_1h",
        window="1h",
        family="domain_leads_1d",
        en="Leads from this mail provider, last hour",
        zh="该邮箱服务商近1小时线索数",
    ),
    leads(by="phone:normal_phone").count(
        "phone_leads", en="Leads with this phone number", zh="使用该电话的线索数"
    ),
]
