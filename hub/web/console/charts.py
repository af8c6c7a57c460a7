"""Charts as inline SVG, drawn by pygal on the server and dressed by our own style sheet: no script, no inline style.

Why pygal: of the libraries that come as a package with all they need, plotly sends 1.47 MB (gzip) and takes 6.5 s to
draw four charts on a phone (375 px, CPU throttled fourfold), with one refusal by our content policy; pygal's four take
no script, 2.3 kB (gzip) of the page and 40 ms of the server, and nothing is refused. ECharts would do (0.33 MB, 1.5 s,
no refusal), but the packages found that bring it also bring pandas or a second web framework.
Sparks stay a line of ours: 64 by 16 px without axis or mark need no library, and a list may hold hundreds of them.
So do the funnel's bars: a width in percent that each poll of the page changes in place, beside number and rate.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width
from xml.etree.ElementTree import Element

import pygal
from pygal.style import Style

# pygal leaves a finder for maps that no newer Python asks, and that Python 3.11 warns of at every import.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

WIDTH, HEIGHT = 300, 160
_LETTER, _BAR, _FOOT, _LABEL = 11, 36, 28, 10
_SPARK_WIDTH, _SPARK_HEIGHT = 600.0, 160.0
_PLAIN: dict[str, Any] = {
    "css": [],
    "disable_xml_declaration": True,
    "js": [],
    "margin": 4,
    "margin_right": 20,
    "max_scale": 5,
    "min_scale": 2,
    "no_prefix": True,
    "order_min": 0,  # whole numbers on the scale
    "show_legend": False,
    "spacing": 8,
    "style": Style(label_font_size=_LETTER, major_label_font_size=_LETTER),
    "width": WIDTH,
}

Tick = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Mark:
    """Hold one value of a chart, what it says under the pointer, and the address of the rows behind it."""

    n: int
    tip: str = ""
    url: str | None = None


def lines(labels: Sequence[str], now: Sequence[Mark], before: Sequence[int], tick: Tick) -> str:
    """Return two lines over the same days: `now` with its tips, and the period `before` it in grey."""
    chart = pygal.Line(
        height=HEIGHT,
        value_formatter=tick,
        x_labels_major=[labels[0], labels[len(labels) // 2], labels[-1]],
        show_minor_x_labels=False,
        range=(min(0, *(mark.n for mark in now), *before), max(1, *(mark.n for mark in now), *before)),
        dots_size=6,
        truncate_label=-1,
        **_PLAIN,
    )
    chart.x_labels = labels
    chart.add("before", list(before), show_dots=False)
    chart.add("now", [_value(mark) for mark in now])
    return _svg(chart, ("before", "now"))


def bars(labels: Sequence[str], series: Mapping[str, Sequence[Mark]], tick: Tick, *, stacked: bool = False) -> str:
    """Return horizontal bars from the top down: the series side by side or, if `stacked`, one behind the other.

    `series` is by class: each class has its one colour in the style sheet.
    """
    kind = pygal.HorizontalStackedBar if stacked else pygal.HorizontalBar
    options = {**_PLAIN, "margin_left": 4 + _overhang(labels)}
    chart = kind(height=_FOOT + _BAR * len(labels), value_formatter=tick, truncate_label=-1, **options)
    chart.x_labels = [_cut(label) for label in reversed(labels)]
    for name, marks in series.items():
        chart.add(name, [_value(mark) for mark in reversed(marks)])
    return _svg(chart, tuple(series))


def spark(values: Sequence[int]) -> str:
    """Return the points of a small line of `values` in a box of 600 by 160; "" when there is nothing to draw."""
    if len(values) < 2:
        return ""
    top, step = max(1, *values), _SPARK_WIDTH / (len(values) - 1)
    spots = ((n * step, _SPARK_HEIGHT * (1 - max(0, value) / top)) for n, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)


def _value(mark: Mark) -> dict[str, Any]:
    value: dict[str, Any] = {"value": mark.n}
    if mark.tip:
        value["tooltip"] = mark.tip
    if mark.url and mark.n:
        # Not a stop of the tab key: the table beside the chart has the same links.
        value["xlink"] = {"href": mark.url, "target": "_self", "tabindex": "-1"}
    return value


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"


def _overhang(labels: Sequence[str]) -> int:
    """Return by how much labels are wider than pygal takes them to be: Chinese letters are twice as wide as Latin."""
    wide = max((sum(east_asian_width(letter) in "WF" for letter in _cut(label)) for label in labels), default=0)
    return round(0.4 * _LETTER * wide)


def _svg(chart: Any, classes: Sequence[str]) -> str:
    chart.add_xml_filter(lambda root: _bare(root, classes))
    return str(chart.render(is_unicode=True))


def _bare(root: Element, classes: Sequence[str]) -> Element:
    """Take away what our page brings itself or refuses, name the series, and leave the words to the table."""
    root.attrib.pop("id", None)
    root.set("aria-hidden", "true")
    names = {f"color-{place}": name for place, name in enumerate(classes)}
    for node in list(root.iter()):
        node.attrib.pop("style", None)
        if looks := node.attrib.pop("class", ""):
            node.set("class", " ".join(names.get(word, word) for word in looks.split()))
        for child in list(node):
            if _unwanted(child, node):
                node.remove(child)
    return root


def _unwanted(node: Element, parent: Element) -> bool:
    if not isinstance(node.tag, str) or node.tag in ("defs", "desc"):
        return True
    looks = node.get("class", "")
    if node.tag == "title":  # a tip is the mark's own; the others name pygal or repeat the scale
        return parent.get("class") in ("pygal-chart", "guides")
    return looks == "background" or "tooltip-overlay" in looks
