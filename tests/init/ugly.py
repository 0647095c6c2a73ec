"""Five exports as people really send them, drawn with a signal: whoever comes from the good source converts more often."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from lead_ml.init import Draft

START = datetime(2024, 1, 2, 8, 0)
EXCEL_ZERO = datetime(1899, 12, 30)
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋"


@dataclass(frozen=True)
class Drafted:
    """A project written from an export. ``before`` and ``after`` are the digests of the export around it."""

    root: Path
    files: dict[str, Path]
    draft: Draft
    before: str
    after: str

    @property
    def params(self) -> dict[str, Any]:
        return yaml.safe_load((self.root / "params.yaml").read_text(encoding="utf-8"))

    def role(self, column: str) -> str:
        return next(item.role for item in self.draft.columns if item.column == column)


def draw(rows: int, seed: int = 3, days: int = 300) -> dict[str, Any]:
    """Leads in order of time, half from a source that converts well, of which large ones convert better still."""
    rng = np.random.default_rng(seed)
    minutes = np.sort(rng.integers(0, days * 24 * 60, rows))
    good, size = rng.random(rows) < 0.5, rng.integers(1, 900, rows)
    logit = np.where(good, 0.2, -2.2) + (size - 450) / 400
    return {
        "rng": rng,
        "created": [START + timedelta(minutes=int(m)) for m in minutes],
        "good": good,
        "size": size,
        "won": rng.random(rows) < 1 / (1 + np.exp(-logit)),
        "delay": rng.integers(60, 15 * 24 * 60, rows),
    }


def write(
    path: Path, header: list[str], rows: list[list[Any]], *, encoding: str = "utf-8", separator: str = ","
) -> Path:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def chinese_date(moment: datetime) -> str:
    half = "上午" if moment.hour < 12 else "下午"
    return f"{moment.year}年{moment.month}月{moment.day}日 {half}{(moment.hour - 1) % 12 + 1}:{moment:%M}"


def won_at(drawn: dict[str, Any], k: int) -> datetime:
    return drawn["created"][k] + timedelta(minutes=int(drawn["delay"][k]))


def chinese(folder: Path, rows: int = 700) -> dict[str, Path]:
    """Chinese headers and dates, one file; the day of the deal stands only where there was one."""
    d = draw(rows)
    rng = d["rng"]
    table = [
        [
            f"XS{k:05d}",
            chinese_date(d["created"][k]),
            "百度推广" if d["good"][k] else "展会",
            ["制造业", "软件", "无", "教育"][rng.integers(4)],
            ["北京", "上海", "深圳", "-"][rng.integers(4)],
            SURNAMES[rng.integers(10)] + GIVEN[rng.integers(10)] + GIVEN[rng.integers(10)],
            f"13{rng.integers(10**8, 10**9)}",
            f"{d['size'][k]}",
            ["赵经理", "钱经理", "孙经理"][rng.integers(3)],
            ["A", "B", "C", "无"][rng.integers(4)],
            f"{1000 * int(d['size'][k])}" if d["won"][k] else "",
            chinese_date(won_at(d, k)) if d["won"][k] else "",
        ]
        for k in range(rows)
    ]
    header = [
        "线索编号", "创建时间", "线索来源", "所属行业", "城市", "联系人", "手机号", "公司规模", "负责人", "意向等级", "合同金额", "成交时间",
    ]  # fmt: skip
    return {"leads": write(folder / "线索导出.csv", header, table)}


def excel(folder: Path, rows: int = 600) -> dict[str, Path]:
    """Days as Excel keeps them; a close date for won and lost alike, separated by the stage."""
    d = draw(rows, seed=4)
    rng = d["rng"]

    def serial(moment: datetime) -> str:
        return f"{(moment - EXCEL_ZERO) / timedelta(days=1):.6f}"

    table = []
    for k in range(rows):
        lost = not d["won"][k] and rng.random() < 0.5
        closed = d["won"][k] or lost
        stage = (
            "Closed Won" if d["won"][k] else "Closed Lost" if lost else ["New", "Working"][rng.integers(2)]
        )
        table.append(
            [
                f"00Q{k:07d}", serial(d["created"][k]), "Web" if d["good"][k] else "Trade Show",
                ["Software", "Finance", ""][rng.integers(3)], int(d["size"][k]), stage, serial(won_at(d, k)) if closed else "",
                f"user{k}@{['gmail.com', 'acme.com'][rng.integers(2)]}", 30000 + int(rng.integers(0, 20000)),
            ]
        )  # fmt: skip
    header = [
        "Lead ID",
        "Create Date",
        "LeadSource",
        "Industry",
        "No. of Employees",
        "Stage",
        "Close Date",
        "Email",
        "Postal Code",
    ]
    return {"leads": write(folder / "salesforce.csv", header, table)}


def select(folder: Path, rows: int = 600) -> dict[str, Path]:
    """A form's ``Select`` left standing, no dates at all, an outcome column of 0 and 1."""
    d = draw(rows, seed=5)
    rng = d["rng"]
    table = [
        [
            f"7927b2df-{k:04x}", 660000 + 7 * k, "Landing Page Submission" if d["good"][k] else "API", "Google" if d["good"][k] else "Olark Chat",
            ["Yes", "No"][int(rng.random() < 0.9)], int(d["won"][k]), int(rng.integers(0, 12)), int(d["size"][k]),
            ["Select", "Mumbai", "Thane"][rng.integers(3)], ["Select", "Finance", "HR", "N/A"][rng.integers(4)],
            "Will revert after reading the email" if d["won"][k] else ["Ringing", "", "Interested"][rng.integers(3)],
        ]
        for k in range(rows)
    ]  # fmt: skip
    header = [
        "Prospect ID", "Lead Number", "Lead Origin", "Lead Source", "Do Not Email", "Converted", "TotalVisits",
        "Total Time Spent on Website", "City", "Specialization", "Tags",
    ]  # fmt: skip
    return {"leads": write(folder / "Leads.csv", header, table)}


def german(folder: Path, rows: int = 600) -> dict[str, Path]:
    """Semicolons, decimal commas, days before months, Windows' own encoding, ja and nein."""
    d = draw(rows, seed=6)
    rng = d["rng"]

    def comma(number: float) -> str:
        return f"{number:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")

    table = [
        [
            k + 1, f"{d['created'][k]:%d.%m.%Y %H:%M}", "Messe – Halle 4" if not d["good"][k] else "Webseite",
            ["Maschinenbau", "Öffentlicher Dienst", "k.A."][rng.integers(3)], comma(1234.5 * float(d["size"][k])),
            comma(float(rng.random() * 10)), ["Müller", "Groß"][rng.integers(2)], "ja" if d["won"][k] else "nein",
        ]
        for k in range(rows)
    ]  # fmt: skip
    header = [
        "Leadnummer",
        "Erstellt am",
        "Herkunft",
        "Branche",
        "Umsatz",
        "Bewertung",
        "Betreuer",
        "Gewonnen",
    ]
    return {"leads": write(folder / "leads.csv", header, table, encoding="cp1252", separator=";")}


def gb18030(folder: Path, rows: int = 800) -> dict[str, Path]:
    """Three files in GB18030: leads, what they did, and stages with the reason why a lead was invalid."""
    d = draw(rows, seed=7, days=240)
    rng = d["rng"]
    leads, events, stages = [], [], []
    for k in range(rows):
        created = d["created"][k]
        fake = bool(rng.random() < 0.12) and not d["won"][k]
        leads.append(
            [
                f"KH{k:05d}", f"{created:%Y%m%d%H%M%S}", "官网" if d["good"][k] else "电话", ["广东", "浙江", "未填写"][rng.integers(3)],
                f"139{k:08d}" if not fake else f"{rng.integers(10**6, 10**7)}", "想咨询价格和采购方案" if d["good"][k] else "随便看看",
            ]
        )  # fmt: skip
        for _ in range(int(rng.integers(0, 5)) + 4 * int(d["won"][k])):
            at = created + timedelta(minutes=int(rng.integers(1, 20 * 24 * 60)))
            kind = ["浏览页面", "打开邮件", "接通电话"][int(rng.integers(2 if fake else 3))]
            events.append(
                [f"KH{k:05d}", f"{at:%Y/%m/%d %H:%M}", kind, ["首页", "价格", "案例"][rng.integers(3)]]
            )
        if d["won"][k]:
            stages.append([f"KH{k:05d}", f"{won_at(d, k):%Y/%m/%d %H:%M}", "赢单", "", 5000])
        elif fake:
            stages.append(
                [
                    f"KH{k:05d}",
                    f"{created + timedelta(days=2):%Y/%m/%d %H:%M}",
                    "无效",
                    ["空号", "测试"][rng.integers(2)],
                    "",
                ]
            )
        elif rng.random() < 0.6:
            reason = ["预算不足", "竞品"][rng.integers(2)]
            stages.append([f"KH{k:05d}", f"{created + timedelta(days=9):%Y/%m/%d %H:%M}", "输单", reason, ""])
    return {
        "leads": write(folder / "客户.csv", ["客户编号", "注册时间", "渠道", "省份", "手机", "留言"], leads, encoding="gb18030"),
        "events": write(folder / "行为.csv", ["客户编号", "时间", "行为", "页面"], events, encoding="gb18030"),
        "outcomes": write(folder / "阶段.csv", ["客户编号", "变更时间", "阶段", "原因", "金额"], stages, encoding="gb18030"),
    }  # fmt: skip


EXPORTS = {"chinese": chinese, "excel": excel, "select": select, "german": german, "gb18030": gb18030}
