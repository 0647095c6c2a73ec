"""The picture is one sound SVG that holds the curves and says when the data is generated."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import decay_world
import msgspec
import numpy as np
import pytest

from lead_ml.errors import ParamsError
from lead_ml.evaluation.decay import Decay
from lead_ml.report.half_lives import save_picture, weight_interval, weights
from lead_ml.workflows.decay import decay_of


@pytest.fixture(scope="module")
def found(small: Any) -> Decay:
    return decay_of(small, decay_world.draw(3, effect=0.012, floor=0.001), types=("view", "noise"))


def svg(decay: Decay, folder: Path) -> str:
    return save_picture(decay, folder / "drawn.svg").read_text("utf-8")


def texts(drawn: str) -> list[str]:
    root = ElementTree.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_svg_is_sound_and_names_every_type(found: Decay, tmp_path: Path) -> None:
    said = " ".join(texts(svg(found, tmp_path)))
    for part in ("view", "noise", "not identified", "SYNTHETIC", f"{found.fit_leads:,} leads"):
        assert part in said


def test_the_svg_asks_for_nothing_from_outside(found: Decay, tmp_path: Path) -> None:
    text = svg(found, tmp_path).replace("http://www.w3.org/2000/svg", "")
    assert "http" not in text
    assert "<script" not in text


def test_real_data_carries_no_such_label(found: Decay, tmp_path: Path) -> None:
    assert "SYNTHETIC" not in svg(msgspec.structs.replace(found, synthetic=False), tmp_path)


@pytest.mark.parametrize("name", ['<b>"&\x07', "页面浏览"])
def test_a_type_stays_text(found: Decay, name: str, tmp_path: Path) -> None:
    odd = msgspec.structs.replace(found.types[0], type=name)
    drawn = svg(msgspec.structs.replace(found, types=(odd,)), tmp_path)
    assert name.replace("\x07", "") in texts(drawn)
    assert "<b>" not in drawn


def test_the_weight_is_half_at_the_half_life_and_inside_its_interval(found: Decay) -> None:
    views = found.types[0]
    assert weights(views.days, [views.days])[0] == pytest.approx(0.5)
    ages = [0.0, 1.0, 7.0, 50.0]
    low, high = weight_interval(views, ages)
    weight = weights(views.days, ages)
    assert np.all(low <= weight)
    assert np.all(weight <= high)
    low, high = weight_interval(msgspec.structs.replace(views, lower=None, upper=None), ages)
    assert low.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert high.tolist() == [1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<svg "), ("a.png", b"\x89PNG")])
def test_the_name_decides_the_format(found: Decay, tmp_path: Path, name: str, start: bytes) -> None:
    first = save_picture(found, tmp_path / "x" / name).read_bytes()
    assert first.startswith(start)
    assert save_picture(found, tmp_path / name).read_bytes() == first


def test_another_ending_is_refused(found: Decay, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"ends in \.svg or \.png"):
        save_picture(found, tmp_path / "a.gif")


def test_the_world_is_not_changed_by_being_learnt_from(small: Any) -> None:
    data = decay_world.draw(4)
    before = [field.tobytes() for field in (data.events.lead, data.outcomes.known_at)]
    decay_of(small, data, types=("view",))
    assert [field.tobytes() for field in (data.events.lead, data.outcomes.known_at)] == before
    assert dataclasses.is_dataclass(data)
