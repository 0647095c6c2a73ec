"""Fit: who the lead is. One declaration a feature; edit, add or remove lines and train again.

Every declaration carries its wording in English and Chinese: a noun phrase that reads well before a colon and a value,
as in "Industry: logistics". ``transform`` names a cleaning function of ``lead_ml.clean``. A column that your data lacks is
missing everywhere, which harms nothing; a column that people overwrite later (``lead_status``) does harm: keep it out.

``lookup`` reads a table of the project that you may replace. ``ideal_customer`` learns from converted leads what each value of
the features it names is worth; ``lead-ml profile`` prints that, and ``conversion.profile`` in ``params.yaml`` overrides it.
"""

from lead_ml.declare import GIVEN, all_of, category, ideal_customer, lookup, ordinal

GROUP = "fit"
SIZES = ("1-10", "11-50", "51-200", "201-1000", "1001-5000", "5001+")
LEVELS = ("intern_student", "staff", "manager", "director", "c_level")

FEATURES = [
    category("industry", en="Industry", zh="行业"),
    ordinal("company_size", SIZES, en="Company size", zh="公司规模"),
    category("product", en="Product asked for", zh="意向产品"),
    category("country", en="Country", zh="国家"),
    category("region", en="Region", zh="地区"),
    ordinal(
        "job_title",
        LEVELS,
        name="seniority",
        transform="seniority",
        en="Level of the job title",
        zh="职位级别",
    ),
    category("email", name="free_mail", transform="free_mail", en="Free e-mail address", zh="使用免费邮箱"),
    category("email", name="role_mailbox", transform="role_mailbox", en="Shared mailbox", zh="使用公共邮箱"),
    category("consent", en="Consent to be contacted", zh="同意被联系"),
    lookup("city", "tables/city_tiers.csv", name="city_tier", en="Size of the city", zh="城市级别"),
    lookup(
        "email:domain",
        "tables/competitors.csv",
        name="competitor_domain",
        otherwise="no",
        en="Competitor's e-mail domain",
        zh="竞争对手邮箱域名",
    ),
    all_of(
        "free_mail_with_company",
        {"email:free_mail": "true", "company": GIVEN},
        en="Names a company, writes from a free mailbox",
        zh="填写公司却使用免费邮箱",
    ),
    ideal_customer(
        "icp_agreement",
        of=("industry", "company_size", "country", "seniority"),
        en="Agreement with the ideal customer profile",
        zh="与理想客户画像的匹配度",
    ),
]
