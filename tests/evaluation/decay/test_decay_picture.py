"""The picture is one sound SVG that holds the curves and says when the data is generated."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import decay_world
import msgspec
import pytest

from lead_ml.errors import ParamsError
from lead_ml.evaluation.decay import Decay
from lead_ml.report.half_lives import band, curve, save_picture, svg
from lead_ml.workflows.decay import decay_of


@pytest.fixture(scope="module")
def found(small: Any) -> Decay:
    return decay_of(small, decay_world.draw(3, effect=0.012, floor=0.001), types=("view", "noise"))


def test_the_svg_is_sound_and_names_every_type(found: Decay) -> None:
    root = ElementTree.fromstring(svg(found))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    said = " ".join("".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "view" in said
    assert "noise" in said
    assert "not identified" in said
    assert "SYNTHETIC" in said


def test_the_svg_asks_for_nothing_from_outside(found: Decay) -> None:
    text = svg(found).replace("http://www.w3.org/2000/svg", "")
    assert "http" not in text
    assert "<script" not in text


def test_real_data_carries_no_such_label(found: Decay) -> None:
    assert "SYNTHETIC" not in svg(msgspec.structs.replace(found, synthetic=False))


def test_a_type_cannot_break_out_of_the_svg(found: Decay) -> None:
    evil = msgspec.structs.replace(found.types[0], type='<b>"&\x07')
    root = ElementTree.fromstring(svg(msgspec.structs.replace(found, types=(evil,))))
    assert "b" not in {element.tag for element in root.iter()}


def test_the_curve_is_half_at_the_half_life_and_inside_its_band(found: Decay) -> None:
    views = found.types[0]
    assert curve(views.days, [views.days])[0][1] == pytest.approx(0.5)
    ages = [0.0, 1.0, 7.0, 50.0]
    for (_, low, high), (_, weight) in zip(band(views, ages), curve(views.days, ages), strict=True):
        assert low <= weight <= high
    open_ = msgspec.structs.replace(views, lower=None, upper=None)
    assert [row[1:] for row in band(open_, ages)] == [(1.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0)]


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<svg "), ("a.png", b"\x89PNG")])
def test_the_name_decides_the_format(found: Decay, tmp_path: Path, name: str, start: bytes) -> None:
    if name.endswith("png"):
        pytest.importorskip("matplotlib")
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
