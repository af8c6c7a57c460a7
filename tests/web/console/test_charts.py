"""Charts: what they hold, and what they must not."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

import pytest

from hub.web.console.charts import Mark, bars, lines, spark

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
DAYS = ["01-01", "01-02", "01-03"]


def whole(n: float) -> str:
    """Return a label of the scale."""
    return f"{n:.0f}"


def drawn(svg: str) -> list[Element]:
    """Return every node of a chart."""
    return list(fromstring(svg).iter())


def two() -> list[str]:
    """Return a chart of lines and one of stacked bars."""
    marks = [Mark(n, f"tip {n}", "/rows") for n in (3, 0, 9)]
    return [lines(DAYS, marks, [1, 2, 3], whole), bars(DAYS, {"s-won": marks, "s-lost": marks}, whole, stacked=True)]


@pytest.mark.parametrize("chart", [0, 1], ids=["lines", "bars"])
def test_nothing_in_a_chart_is_refused_by_the_content_policy(chart: int) -> None:
    for node in drawn(two()[chart]):
        assert node.tag.removeprefix(SVG) in {"svg", "g", "path", "text", "rect", "circle", "a", "title"}
        assert not {"style", "id", *(name for name in node.attrib if name.startswith("on"))} & node.attrib.keys()


def test_each_mark_says_its_number_and_leads_to_its_rows() -> None:
    nodes = drawn(bars(["甲", "乙"], {"s-won": [Mark(3, "甲 3", "/a?x=1&y=2"), Mark(5, "乙 5")]}, whole))
    assert [node.text for node in nodes if node.tag == f"{SVG}title"] == ["乙 5", "甲 3"]
    assert [node.get(LINK) for node in nodes if node.tag == f"{SVG}a"] == ["/a?x=1&y=2"]
    assert [node.get("tabindex") for node in nodes if node.tag == f"{SVG}a"] == ["-1"]


def test_a_series_wears_the_class_of_its_colour() -> None:
    looks = [node.get("class", "") for node in drawn(two()[1])]
    assert {"series serie-0 s-won", "series serie-1 s-lost"} <= set(looks)
    assert not any("color-" in look for look in looks)


def test_bars_stand_from_the_top_down() -> None:
    nodes = drawn(bars(["first", "second"], {"now": [Mark(1, "a"), Mark(2, "b")]}, whole))
    tops = [float(node.get("y", 0)) for node in nodes if node.tag == f"{SVG}rect"]
    assert tops[1] < tops[0]  # the last is drawn first
    assert [node.text for node in nodes if node.text in ("first", "second")] == ["second", "first"]


def test_a_bar_is_as_long_as_its_number() -> None:
    nodes = drawn(bars(["x"], {"now": [Mark(10)], "before": [Mark(5)]}, whole))
    shorter, longer = sorted(float(node.get("width", 0)) for node in nodes if node.tag == f"{SVG}rect")
    assert longer == pytest.approx(2 * shorter)


def test_what_somebody_wrote_stays_text() -> None:
    chart = bars(['<script>"'], {"now": [Mark(1, "<b>&", '/?a="')]}, whole)
    assert "<script" not in chart
    assert "<b>" not in chart


@pytest.mark.parametrize("row", [[0, 0, 0], [-4, 0, 2], [-1, -2, -3], [10**9, 1, 0]])
def test_any_numbers_are_drawn_on_a_scale_of_whole_numbers(row: list[int]) -> None:
    nodes = drawn(lines(DAYS, [Mark(n) for n in row], row, str))
    assert sum(node.tag == f"{SVG}circle" for node in nodes) == 3
    scale = [float(node.text or "x") for node in nodes if node.tag == f"{SVG}text" and node.text not in DAYS]
    assert all(n.is_integer() for n in scale)
    assert len(scale) >= 2


@pytest.mark.parametrize(
    ("values", "points"),
    [([], ""), ([3], ""), ([0, -4], "0.0,160.0 600.0,160.0"), ([0, 5, 10], "0.0,160.0 300.0,80.0 600.0,0.0")],
)
def test_a_small_line_needs_two_days_and_never_leaves_its_box(values: list[int], points: str) -> None:
    assert spark(values) == points
