"""Which features a project starts with: those of the reference project whose columns are there, and its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lead_ml.init.leads import LeadsDraft
from lead_ml.init.profile import Profile
from lead_ml.init.python_text import Call, call, strings
from lead_ml.init.traits import feature_name, wording

MOST_LEVELS = 120  # values of a category; more are told apart only where each stands for many leads
LEAST_CONVERTED = 100  # below, what converted leads have in common is mostly chance
_LEADS_PER_LEVEL = 10
_TITLES = 30  # job titles beyond this are told apart by their level only
_RATE_WITHIN = 30
_LEVELS = ("intern_student", "staff", "manager", "director", "c_level")
_LEVELS_NAME = "LEVELS"
_BOUND = re.compile(r"\d[\d,. ]*")


@dataclass
class Group:
    """The features of one file, in order: calls and, above them, the constants that they name."""

    name: str
    group: str
    calls: list[Call] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


class Names:
    """Names of features, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def fresh(self, name: str) -> str:
        """Return the name, with a number behind it where it is taken."""
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found


def attribute(
    kind: str,
    column: str,
    names: Names,
    en: str,
    zh: str,
    *,
    name: str = "",
    transform: str = "",
    unit: str = "",
) -> Call:
    """Declare a column of the lead; the name is left out where it is the column's own."""
    own = names.fresh(name or column)
    return call(kind, column, name="" if own == column else own, transform=transform, unit=unit, en=en, zh=zh)


def fit_group(leads: LeadsDraft, names: Names) -> Group:
    """Return what is known of who the lead is."""
    group = Group("profile", "fit")
    for role, en, zh in (
        ("industry", "Industry", "行业"),
        ("country", "Country", "国家"),
        ("region", "Region", "地区"),
        ("city", "City", "城市"),
    ):
        if role in leads.roles:
            group.calls.append(attribute("category", role, names, en, zh))
    if "company_size" in leads.roles:
        group.calls.append(_size(leads.profile("company_size"), group, names))
    if "job_title" in leads.roles:
        group.calls.extend(_titles(leads.profile("job_title"), group, names))
    if "email" in leads.roles:
        group.calls += [
            attribute("category", "email", names, "Free e-mail address", "使用免费邮箱", name="free_mail", transform="free_mail"),
            attribute("category", "email", names, "Shared mailbox", "使用公共邮箱", name="role_mailbox", transform="role_mailbox"),
        ]  # fmt: skip
    if "consent" in leads.roles:
        group.calls.append(attribute("category", "consent", names, "Consent to be contacted", "同意被联系"))
    _add_traits(leads, group, names)
    return group


def add_ideal_customer(group: Group, converted: int, names: Names) -> None:
    """Declare agreement with the ideal customer over the categories and ordinals of a group, where enough leads converted."""
    columns = [item.name for item in group.calls if item.head in ("category", "ordinal")]
    if converted < LEAST_CONVERTED or len(columns) < 2:
        return
    told = call(
        "ideal_customer",
        names.fresh("icp_agreement"),
        en="Agreement with the ideal customer profile",
        zh="与理想客户画像的匹配度",
    )
    of = strings(columns, indent=8, before="of=")
    group.calls.append(Call(told.head, (told.arguments[0], ("of", of), *told.arguments[1:])))


def channel_group(leads: LeadsDraft, names: Names, stages: Sequence[str], horizon: int) -> Group:
    """Return where the lead came from and, where time is known, what lately became of others from there.

    `stages` are those of the outcomes table, in our words; a rate counts leads that have had `horizon` days, at most 30.
    """
    group = Group("channel", "channel")
    for role, en, zh in (
        ("source", "Source", "来源"),
        ("channel", "Channel", "渠道"),
        ("campaign", "Campaign", "营销活动"),
    ):
        if role in leads.roles:
            group.calls.append(attribute("category", role, names, en, zh))
    key = next((role for role in ("source", "channel") if role in leads.roles), "")
    if key and leads.dated:
        group.calls.extend(_from_there(key, stages, horizon, names))
    _add_traits(leads, group, names)
    return group


def authenticity_group(leads: LeadsDraft, names: Names) -> Group:
    """Return the signs that a lead is not real."""
    group = Group("authenticity", "authenticity")
    for role, kind, name, transform, en, zh in _SIGNS:
        if role in leads.roles:
            unit = "seconds" if name == "form_seconds" else ""
            group.calls.append(
                attribute(kind, role, names, en, zh, name=name, transform=transform, unit=unit)
            )
    for key, window, name, en, zh in _BURSTS:
        if key.split(":")[0] in leads.roles and leads.dated:
            head = f'leads(by="{key}").count'
            group.calls.append(call(head, names.fresh(name), window=window, en=en, zh=zh))
    _add_traits(leads, group, names)
    return group


def other_group(leads: LeadsDraft, names: Names, apart: Mapping[str, str]) -> Group:
    """Return the columns whose role nobody told: declared, so that one line in ``known_at`` lets them in.

    `apart` are columns that must not be seen, with the cause.
    """
    group = Group("others", "fit")
    known = [role for role in ("owner", "cost") if role in leads.roles]
    for column in (*known, *leads.unknown):
        profile = leads.profile(column)
        cause = apart.get(column) or _no_feature(
            profile, column in leads.dates or profile.name in leads.dates
        )
        if cause:
            group.left_out.append(f"{column}: {cause}")
            continue
        en, zh = {"owner": ("Owner", "负责人"), "cost": ("Cost", "成本")}.get(column, (wording(column),) * 2)
        name = names.fresh(feature_name(column, f"column_{profile.place}"))
        kind = "number" if _is_number(profile) else "category"
        group.calls.append(call(kind, column, name="" if name == column else name, en=en, zh=zh))
    return group


def message_calls(leads: LeadsDraft, names: Names) -> Iterator[Call]:
    """Yield what a message tells of interest."""
    if "message" in leads.roles:
        yield attribute(
            "category", "message", names, "Length of the message", "留言长度", name="message_length", transform="length_bucket"
        )  # fmt: skip
        yield attribute(
            "category", "message", names, "Message mentions buying", "留言提到采购意向", name="buying_words", transform="buying_words"
        )  # fmt: skip


def age_call(names: Names) -> Call:
    """Declare the age of the lead, which tells something only where a lead is looked at more than once."""
    names.fresh("lead_age_days")
    return call("lead_age", en="Lead age", zh="创建至今")


def _add_traits(leads: LeadsDraft, group: Group, names: Names) -> None:
    for column, trait in leads.traits.items():
        if trait.group != group.group:
            continue
        profile = leads.profile(column)
        cause = _no_feature(profile, dated=False)
        if cause:
            group.left_out.append(f"{column}: {cause}")
            continue
        name = names.fresh(column if re.fullmatch(r"[a-z][a-z0-9_]*", column) else trait.name)
        shown = "" if name == column else name
        exact = trait.name != "form_answer"
        en, zh = (trait.en, trait.zh) if exact else (wording(column), wording(column))
        group.calls.append(
            call("number" if _is_number(profile) else "category", column, name=shown, en=en, zh=zh)
        )


def _from_there(key: str, stages: Sequence[str], horizon: int, names: Names) -> Iterator[Call]:
    en, zh = ("source", "来源") if key == "source" else ("channel", "渠道")
    of_key = f'leads(by="{key}")'
    for days in (7, 30):
        yield call(
            f"{of_key}.count",
            names.fresh(f"{key}_leads_{days}d"),
            window=f"{days}d",
            en=f"Leads from this {en}, last {days} days",
            zh=f"该{zh}近{days}天线索数",
        )
    within = min(horizon, _RATE_WITHIN)
    for stage, name, words, chinese in (
        ("won", "conversion_rate", f"Conversion rate of this {en}", f"该{zh}转化率"),
        (
            "invalid",
            "invalid_rate",
            f"Share of this {en}'s leads that turned out invalid",
            f"该{zh}的无效线索占比",
        ),
    ):
        if stage in stages:
            yield call(
                f"{of_key}.conversion_rate",
                names.fresh(f"{key}_{name}"),
                stage="" if stage == "won" else stage,
                within=f"{within}d",
                window=f"{3 * within}d",
                en=words,
                zh=chinese,
            )


def _size(profile: Profile, group: Group, names: Names) -> Call:
    """Declare a company's size: a number, ranges from small to large, or names of sizes."""
    if _is_number(profile):
        return attribute("number", "company_size", names, "Employees", "员工人数")
    texts = [text for text, _ in profile.values]
    bounds = {text: _bound(text) for text in texts}
    if 2 <= len(texts) <= 12 and None not in bounds.values():
        group.constants["SIZES"] = strings(
            sorted(texts, key=lambda text: bounds[text] or 0.0), before="SIZES = "
        )
        sized = call("ordinal", "company_size", en="Company size", zh="公司规模")
        names.fresh("company_size")
        return Call("ordinal", (sized.arguments[0], ("", "SIZES"), *sized.arguments[1:]))
    return attribute("category", "company_size", names, "Company size", "公司规模")


def _bound(text: str) -> float | None:
    """Return the lower bound of a range; ``under 50`` lies below ``50-99``.

    >>> _bound("11-50"), _bound("1,000+"), _bound("50人以下"), _bound("large")
    (11.0, 1000.0, 49.5, None)
    """
    found = _BOUND.search(text)
    if found is None:
        return None
    low = float(re.sub(r"[^\d]", "", found[0]))
    return (
        low - 0.5 if re.search(r"^\s*<|under|less|below|以下|少于|不足|unter|bis\b", text.casefold()) else low
    )


def _titles(profile: Profile, group: Group, names: Names) -> Iterator[Call]:
    if profile.distinct <= _TITLES:
        yield attribute("category", "job_title", names, "Job title", "职位")
        return
    group.constants[_LEVELS_NAME] = strings(_LEVELS, before=f"{_LEVELS_NAME} = ")
    names.fresh("seniority")
    told = call(
        "", "job_title", name="seniority", transform="seniority", en="Level of the job title", zh="职位级别"
    )
    yield Call("ordinal", (told.arguments[0], ("", _LEVELS_NAME), *told.arguments[1:]))


def _no_feature(profile: Profile, dated: bool) -> str:
    """Return why a column makes no feature, or nothing."""
    if not profile.filled:
        return "empty"
    if dated:
        return "a date"
    if profile.distinct == 1 and profile.filled == profile.rows:
        return "the same value in every row"
    if _is_number(profile) and not (profile.unique and profile.shares["whole"] >= 0.98):
        return ""
    if profile.unique:
        return "another value in every row, like an id"
    most = max(MOST_LEVELS, profile.filled // _LEADS_PER_LEVEL)
    return f"{profile.distinct:,} different texts" if profile.distinct > most else ""


def _is_number(profile: Profile) -> bool:
    return profile.numeric and profile.distinct > 2


_Sign = tuple[str, str, str, str, str, str]
_SIGNS: Sequence[_Sign] = (
    ("email", "category", "valid_email", "valid_email", "Valid form of e-mail address", "邮箱格式有效"),
    ("email", "category", "disposable_mail", "disposable", "Throw-away e-mail address", "使用一次性邮箱"),
    ("phone", "category", "phone_pattern", "phone_pattern", "Pattern of the phone number", "电话号码特征"),
    ("phone", "category", "phone_country", "phone_country", "Country code of the phone", "电话国家代码"),
    ("name", "category", "name_script", "name_script", "Script of the name", "姓名文字类型"),
    ("name", "category", "name_placeholder", "name_placeholder", "Name is a filler", "姓名为占位内容"),
    ("name", "number", "name_gibberish", "name_gibberish", "Oddness of the name, 0 to 1", "姓名异常程度（0到1）"),
    ("company", "number", "company_gibberish", "name_gibberish", "Oddness of the company name, 0 to 1", "公司名异常程度（0到1）"),
    ("form_seconds", "number", "form_seconds", "", "Seconds spent on the form", "填写表单秒数"),
    ("captcha_passed", "category", "captcha_passed", "", "Captcha passed", "通过人机验证"),
    ("user_agent", "category", "device", "device", "Device", "设备类型"),
    ("message", "category", "message_has_url", "has_url", "Message holds a link", "留言含链接"),
    ("message", "category", "message_promotes", "promotion_words", "Message advertises something", "留言含推广内容"),
)  # fmt: skip
_BURSTS: Sequence[tuple[str, str, str, str, str]] = (
    ("ip", "1h", "ip_leads_1h", "Leads from this IP address, last hour", "该IP近1小时线索数"),
    ("ip", "1d", "ip_leads_1d", "Leads from this IP address, last day", "该IP近1天线索数"),
    ("email:company_domain", "1d", "domain_leads_1d", "Leads from this e-mail domain, last day", "该邮箱域名近1天线索数"),
    ("phone:normal_phone", "", "phone_leads", "Leads with this phone number", "使用该电话的线索数"),
)  # fmt: skip
