"""The words of the synthetic CRM. Tuples of (value, share, effect on the logit) where a value has an effect."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, _, second in (pair.partition(":") for pair in text.split()))


INDUSTRIES = (
    ("manufacturing", 0.20, 0.5),
    ("software", 0.18, 0.4),
    ("retail", 0.13, -0.1),
    ("logistics", 0.10, 0.3),
    ("finance", 0.10, 0.1),
    ("healthcare", 0.09, -0.1),
    ("construction", 0.07, -0.3),
    ("consulting", 0.07, -0.4),
    ("education", 0.06, -0.8),
)
SIZES = (
    ("1-10", 0.22, -0.8),
    ("11-50", 0.26, -0.1),
    ("51-200", 0.22, 0.5),
    ("201-1000", 0.16, 0.6),
    ("1001-5000", 0.09, 0.1),
    ("5001+", 0.05, -0.5),
)
COUNTRIES = (
    ("CN", 0.46, 0.1),
    ("US", 0.22, 0.2),
    ("DE", 0.11, 0.2),
    ("GB", 0.11, 0.0),
    ("SG", 0.04, 0.1),
    ("IN", 0.06, -0.6),
)
LEVELS = (
    ("c_level", 0.13, 0.2),
    ("director", 0.17, 0.5),
    ("manager", 0.32, 0.2),
    ("staff", 0.34, -0.3),
    ("intern_student", 0.04, -1.2),
)
# source, channel, share among Chinese and other leads at the start, factor of the share at the end of the history,
# effect on the logit at the start and at the end, season's swing, cost of a lead, how many times the usual share of fakes
SOURCES = (
    ("organic_search", "organic", 0.14, 0.20, 0.9, 0.3, 0.2, 0.1, 6.0, 0.7),
    ("referral", "partner", 0.07, 0.07, 1.0, 0.9, 0.9, 0.0, 20.0, 0.1),
    ("partner", "partner", 0.08, 0.06, 1.2, 0.6, 0.5, 0.0, 45.0, 0.2),
    ("webinar", "event", 0.10, 0.12, 1.1, 0.2, 0.2, 0.0, 35.0, 0.5),
    ("trade_show", "event", 0.08, 0.06, 0.8, 0.1, -0.1, 0.2, 90.0, 0.3),
    ("google_ads", "paid_search", 0.00, 0.20, 1.1, 0.0, -0.3, 0.3, 60.0, 1.4),
    ("linkedin", "paid_social", 0.02, 0.14, 1.3, -0.2, 0.0, 0.0, 75.0, 0.7),
    ("baidu_ads", "paid_search", 0.24, 0.00, 0.8, -0.2, -0.3, 0.3, 50.0, 1.5),
    ("wechat", "paid_social", 0.17, 0.00, 1.4, -0.3, 0.5, 0.0, 25.0, 0.8),
    ("content_syndication", "content", 0.07, 0.12, 1.5, -0.7, -1.5, 0.0, 18.0, 2.2),
    ("cold_list", "outbound", 0.03, 0.03, 0.7, -1.1, -1.1, 0.0, 8.0, 0.8),
)
CAMPAIGNS = ("brand", "product", "retargeting", "industry_report", "free_trial")
PLACES = {
    "CN": (
        ("Zhejiang", "Hangzhou"),
        ("Shanghai", "Shanghai"),
        ("Beijing", "Beijing"),
        ("Guangdong", "Shenzhen"),
        ("Guangdong", "Guangzhou"),
        ("Jiangsu", "Suzhou"),
        ("Sichuan", "Chengdu"),
        ("Hubei", "Wuhan"),
    ),
    "US": (
        ("California", "San Francisco"),
        ("Texas", "Austin"),
        ("New York", "New York"),
        ("Illinois", "Chicago"),
    ),
    "DE": (("Bavaria", "Munich"), ("Berlin", "Berlin"), ("Hesse", "Frankfurt")),
    "GB": (("England", "London"), ("England", "Manchester"), ("Scotland", "Edinburgh")),
    "SG": (("Singapore", "Singapore"),),
    "IN": (("Karnataka", "Bengaluru"), ("Maharashtra", "Mumbai")),
}
NETWORKS = {"CN": "36.112", "US": "73.15", "DE": "84.140", "GB": "81.104", "SG": "118.200", "IN": "49.207"}
TITLES = {
    "c_level": ("CEO", "Founder", "CTO", "General Manager", "总经理", "创始人", "CIO 首席信息官"),
    "director": ("Director of Operations", "VP Sales", "Head of IT", "市场总监", "技术总监", "副总经理"),
    "manager": ("IT Manager", "Marketing Manager", "Project Manager", "采购经理", "信息部经理", "部门主管"),
    "staff": ("Engineer", "Analyst", "Specialist", "Buyer", "工程师", "采购专员", "运营专员"),
    "intern_student": ("Intern", "Student", "PhD student", "实习生", "学生", "研究生"),
}
SURNAMES_ZH = _pairs(
    "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 赵:zhao 黄:huang 周:zhou 吴:wu 徐:xu 孙:sun 胡:hu 朱:zhu 高:gao "
    "林:lin 何:he 郭:guo 马:ma 罗:luo 梁:liang 宋:song 郑:zheng 谢:xie 韩:han 唐:tang 冯:feng 于:yu 董:dong 萧:xiao"
)
GIVEN_ZH = _pairs(
    "伟:wei 芳:fang 娜:na 敏:min 静:jing 丽:li 强:qiang 磊:lei 军:jun 洋:yang 勇:yong 艳:yan 杰:jie 涛:tao 明:ming "
    "超:chao 秀兰:xiulan 霞:xia 平:ping 刚:gang 桂英:guiying 建华:jianhua 晓明:xiaoming 志强:zhiqiang 海燕:haiyan "
    "雪梅:xuemei 建国:jianguo 子涵:zihan 雨桐:yutong 浩然:haoran 思远:siyuan 嘉怡:jiayi 俊杰:junjie 文博:wenbo"
)
FIRST = _words(
    "James Mary John Linda Robert Susan Michael Karen David Laura Thomas Anna Daniel Emma Paul Julia Mark Sophie "
    "Andrew Claire Stefan Katrin Jürgen Heike Markus Birgit Oliver Charlotte Harry Amelia Ravi Priya Arjun Anjali "
    "Wei Hui Krzysztof Ivana Miguel Carmen Noah Zoe Grace Hannah Felix Lena Victor Elena Peter Alice"
)
LAST = _words(
    "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson Martin Lee Thompson White "
    "Harris Clark Lewis Walker Hall Young King Wright Schmidt Schneider Fischer Weber Meyer Wagner Becker Hoffmann "
    "Schulz Koch Richter Evans Hughes Green Baker Turner Patel Sharma Singh Gupta Tan Lim Nowak Novak Garcia Lopez"
)
COMPANY_EN = _words(
    "Northwind Redwood Bluepeak Ironbridge Silverline Harbor Summit Clearwater Granite Maple Orion Vertex Beacon "
    "Pioneer Atlas Quantum Sterling Evergreen Falcon Crescent Lakeside Keystone Zenith Horizon Cobalt Aurora"
)
COMPANY_EN_TAIL = _words(
    "Systems Industries Labs Logistics Group Solutions Partners Works Retail Health Foods Materials"
)
COMPANY_ZH = _pairs(
    "华锐:huarui 恒通:hengtong 东方:dongfang 天成:tiancheng 宏达:hongda 金石:jinshi 瑞丰:ruifeng 博远:boyuan "
    "中科:zhongke 新联:xinlian 远景:yuanjing 鼎盛:dingsheng 汇智:huizhi 同创:tongchuang 海川:haichuan 云帆:yunfan"
)
COMPANY_ZH_TAIL = _words("机械 科技 贸易 物流 电子 医疗 食品 建材 教育 咨询")
FREE_ZH = ("qq.com", "163.com", "126.com", "foxmail.com", "139.com")
FREE_EN = ("gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "icloud.com", "gmx.de")
ROLE_MAILBOXES = ("info", "sales", "office", "contact", "purchasing")
THROW_AWAY = (
    "mailinator.com",
    "yopmail.com",
    "guerrillamail.com",
    "x1.mailinator.com",
    "trashmail.com",
    "tempmail.dev",
)
ODD_DOMAINS = ("bestmail-offers.example", "quickpost.example", "leadboost.example", "mx-promo.example")
FAKE_PHONES = (
    "13800138000",
    "13812345678",
    "+1 202-555-0147",
    "11111111111",
    "123456789",
    "12345",
    "0000000000",
)
MASH = _words(
    "asdf asdfgh qwerty dfgdfg sdfsdf hjkhjk zxcvb jkljkl fghfgh qweqwe xcvxcv poiu lkjh wer dsfg ghjk vbnm"
)
TEST_NAMES = ("test", "Test Test", "测试", "测试一下", "demo user", "abc", "Test 2", "张三")
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
)
ROBOTS = (
    "python-requests/2.32.3",
    "curl/8.9.1",
    "Mozilla/5.0 HeadlessChrome/130.0",
    "Go-http-client/1.1 (bot)",
)
WARM_EN = (
    "Please send a quote for {n} seats, we want to start this quarter.",
    "We have a budget and would like a demo for our team of {n}. How long does the implementation take?",
    "What is your pricing for {n} users? Our current contract ends in {m} months.",
    "Looking for a tool to replace spreadsheets in {m} plants. Can you call me next week to plan a trial?",
)
WARM_ZH = (
    "需要{n}个账号的报价，计划本季度上线。",
    "我们有预算，想安排一次产品演示，团队{n}人。",
    "请问{n}个用户的价格是多少？现有合同{m}个月后到期。",
    "公司计划采购，请尽快联系我，谢谢。",
)
COLD_EN = (
    "Just looking around.",
    "I would like to read the white paper.",
    "Please send more information about your product.",
    "Interested in the topic, no project at the moment.",
    "Do you have an integration for our system? See www.example.com/{n} for what we use.",
)
COLD_ZH = ("想了解一下产品。", "请发一份资料。", "先看看，暂时没有项目。", "下载白皮书。", "咨询一下。")
PROMOTION = (
    "We improve your SEO ranking, see http://best-seo.example/{n}",
    "Cheap backlinks and guest post offers: www.linkfarm.example",
    "代开发票，加微信 fp{n}",
    "hello",
)
PAGES = ("home", "product", "pricing", "docs", "case_study", "blog", "integration", "contact", "careers")
FORM_PAGES = ("newsletter", "whitepaper", "webinar", "contact", "pricing", "demo")
OWNERS = ("Ana", "Ben", "陈晨", "Dora", "Emil", "方圆", "Gita", "韩冰")
CITIES_ZH = {
    "Hangzhou": "杭州",
    "Shanghai": "上海",
    "Beijing": "北京",
    "Shenzhen": "深圳",
    "Guangzhou": "广州",
    "Suzhou": "苏州",
    "Chengdu": "成都",
    "Wuhan": "武汉",
}
MOBILE_ZH = _words("130 131 135 136 137 138 139 150 151 152 158 159 176 177 178 180 185 186 187 188 189 198")
