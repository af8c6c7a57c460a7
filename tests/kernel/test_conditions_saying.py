"""Every sentence the parser of conditions says is there in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.kernel import conditions
from hub.kernel.conditions import ConditionError, parsing, saying, values
from hub.kernel.conditions.registry import Field, Registry
from hub.kernel.phrases import Phrases

HAN = re.compile("[\u4e00-\u9fff]")
FIELDS = Registry([Field("score", "number", "评分", "Score"), Field("interest", "text", "关注", "Interest")])
PHRASES = Phrases(saying.CHINESE, saying.WORDS)


def templates() -> Iterator[str]:
    """Yield every sentence that a ConditionError is made with, its gaps as {}; a suggestion is none."""
    for module in (parsing, values):
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        named = {
            node.targets[0].id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and hasattr(node.targets[0], "id")
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ConditionError":
                yield _written(node.args[1], named)


def _written(node: ast.expr, named: dict[str, object]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr), ast.dump(node)
    return "".join(_gap(part, named) for part in node.values)


def _gap(part: ast.expr, named: dict[str, object]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    text = ast.unparse(part.value)
    if "near" in text or "hints" in text:
        return ""
    found = named.get(text)
    return found if isinstance(found, str) else "{}"


def test_every_sentence_of_the_parser_has_its_chinese() -> None:
    found = set(templates())
    assert len(found) > 20
    filled = {text.replace("{}", "7") for text in found}
    assert sorted(text for text in filled if not HAN.search(PHRASES.chinese(text) or "")) == []
    assert [text for text in saying.CHINESE.values() if not HAN.search(text)] == []


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"field": "interst", "equals": "x"}, "field：没有名为 'interst' 的字段。您是指「interest」吗？"),
        ({"all": [{"field": "score", "gte": "x"}]}, "all[0].gte：应为数字，实际是 文本"),
        ({"field": "score", "contains": 1}, "contains：字段「score」的类型是数字，应为 equals, not_equals"),
        ([], "应为含 all, any, not, field 或 activity 的映射，实际是 列表"),
        ({"field": "interest", "equals": ""}, None),
        ({"al": []}, "应有 all, any, not, field 或 activity 之一。您是指「all」吗？"),
        ({"activity": "scan", "within": "3 or 4"}, 'within：应为时长，如 "7d"、"12h" 或 "30m"，实际是 \'3 or 4\''),
    ],
)
def test_a_mistake_is_said_in_chinese_with_its_place(tree: object, says: str | None) -> None:
    if says is None:
        conditions.parse(tree, FIELDS)
        return
    with pytest.raises(ConditionError) as caught:
        conditions.parse(tree, FIELDS)
    assert saying.say(caught.value, "zh").startswith(says)
    assert saying.say(caught.value, "en") == str(caught.value)


def test_a_sentence_that_no_catalogue_has_stays_as_it_is() -> None:
    assert PHRASES.chinese("No such sentence.") is None
    assert saying.say(ConditionError("a", "No such sentence."), "zh") == "a：No such sentence."
