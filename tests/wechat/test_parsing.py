"""The parser: what it returns, what it refuses, and that hostile documents cost no time."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wechat.rules import MAX_BODY_BYTES, MAX_DEPTH, MAX_ELEMENTS, Rejected, parse_document
from wechat.rules.parsing import scalar

SIZE = MAX_BODY_BYTES


def fields_of(text: str) -> dict[str, object]:
    return parse_document(text, json_allowed=True)


def reason_of(text: str, *, json_allowed: bool = True) -> str:
    with pytest.raises(Rejected) as caught:
        parse_document(text, json_allowed=json_allowed)
    assert caught.value.__context__ is None, "the errors of parsers carry the document"
    return caught.value.reason


def outcome(text: str) -> str:
    try:
        return type(fields_of(text)).__name__
    except Rejected as rejected:
        return rejected.reason


def filled(start: str, unit: str, end: str = "") -> str:
    return start + unit * ((SIZE - len(start) - len(end)) // len(unit)) + end


@pytest.mark.parametrize("before", ["", "\ufeff", " \r\n\t", "\ufeff\n", '<?xml version="1.0" encoding="GBK"?>\n'])
@pytest.mark.parametrize("after", ["", "\n "])
def test_xml_fields_are_text_with_or_without_a_section(before: str, after: str) -> None:
    text = "<xml><A><![CDATA[1&<2]]></A><B>3</B><C/><D></D><E><![CDATA[]]></E><F>甲&#x4E59;&amp;\n😀</F></xml>"
    assert fields_of(before + text + after) == {"A": "1&<2", "B": "3", "C": "", "D": "", "E": "", "F": "甲乙&\n😀"}


def test_xml_keeps_blanks_in_text_and_forgets_them_between_elements() -> None:
    assert fields_of("<xml>\n  <A> 两 字 \n</A>\n  <B>\n <C>1</C>\n </B>\n</xml>") == {
        "A": " 两 字 \n",
        "B": {"C": "1"},
    }


def test_xml_elements_that_repeat_become_a_list() -> None:
    assert fields_of("<xml><A>1</A><B><C/></B><A>2</A><A><D>3</D></A></xml>") == {
        "A": ["1", "2", {"D": "3"}],
        "B": {"C": ""},
    }


def test_xml_a_section_may_be_split_to_carry_its_own_end() -> None:
    assert fields_of("<xml><A><![CDATA[x]]]]><![CDATA[>y<!DOCTYPE z]]></A></xml>") == {"A": "x]]>y<!DOCTYPE z"}


def test_json_numbers_stay_the_text_they_were() -> None:
    text = '{"a":24912345678901234567,"b":"0012","c":null,"d":true,"e":[1,{"f":2}],"g":1.50}'
    assert fields_of(text) == {
        "a": "24912345678901234567",
        "b": "0012",
        "c": None,
        "d": True,
        "e": ["1", {"f": "2"}],
        "g": "1.50",
    }


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (" a ", "a"), ("\n", ""), ("1", "1"), ("a" * 128, "a" * 128), ("甲 乙", "甲 乙")]
)
def test_a_scalar_is_text_without_blanks_around_it(value: object, text: str) -> None:
    assert scalar({"A": value}, "A") == text


@pytest.mark.parametrize(
    "value", [[], {}, ["1"], {"a": "1"}, True, "a" * 129, "a\x00b", "a\nb", "\x7f", "\x85a", "\ud800", "\x1b[0m"]
)
def test_a_scalar_refuses_everything_else(value: object) -> None:
    with pytest.raises(Rejected, match="malformed"):
        scalar({"A": value}, "A")


@pytest.mark.parametrize("number", ["1.0", "1e5", "-1E400", "1e-1"])
def test_a_fraction_is_no_scalar(number: str) -> None:
    with pytest.raises(Rejected, match="malformed"):
        scalar(fields_of(f'{{"A":{number}}}'), "A")


@pytest.mark.parametrize("text", ["{}", ' {"a":1}', '\ufeff{"a":'])
def test_json_is_the_wrong_format_where_only_xml_is_taken(text: str) -> None:
    assert reason_of(text, json_allowed=False) == "wrong_format"


ENTITIES = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "success",
        "[]",
        '"x"',
        "<",
        "<xml>",
        "<xml/>",
        "<xml></xml>",
        "<xml>text</xml>",
        "<XML><A>1</A></XML>",
        "<xmls><A>1</A></xmls>",
        "<root><xml><A>1</A></xml></root>",
        "<xml><A>1</A></xml><xml><A>2</A></xml>",
        "<xml><A>1</A></xml>tail",
        "<xml><A>1</B></xml>",
        "<xml><A a='1' a='2'>1</A></xml>",
        "<xml><A>\x00</A></xml>",
        "<xml><A>\x01</A></xml>",
        "<xml><A>&#0;</A></xml>",
        "<xml><A>&#xD800;</A></xml>",
        "<xml><A>&unknown;</A></xml>",
        "<xml><A>a]]>b</A></xml>",
        "<!-- c --><xml><A>1</A></xml>",
        "<?php ?><xml><A>1</A></xml>",
        "<!DOCTYPE xml><xml><A>1</A></xml>",
        '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
        '<?xml version="1.0"?>\n<!-- c --><!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/hosts">]><xml><A>&a;</A></xml>',
        '<?xml-x?><!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
        '<?xml version="?><!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
        f"<!DOCTYPE xml [{ENTITIES}]><xml><A>&i;</A></xml>",
        '<xml><!DOCTYPE xml [<!ENTITY a "b">]><A>&a;</A></xml>',
        "<xml>" + "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH + "</xml>",
        "<xml>" + "<a/>" * MAX_ELEMENTS + "</xml>",
        '{"a":[' + "[]," * (MAX_ELEMENTS - 2) + "{}]}",
        "{",
        "{]",
        '{"a":1}{"a":2}',
        '{"a":1,}',
        "{'a':1}",
        '{"a":1,"a":1}',
        '{"b":{"a":1,"a":2}}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":01}',
        '{"a":"\x00"}',
        '{"a":"\n"}',
        '{"a":"\\x41"}',
        '{"a":' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}",
        '{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1),
    ],
)
def test_a_document_that_is_not_plain_data_is_malformed(text: str) -> None:
    assert reason_of(text) == "malformed"


def test_depth_and_count_are_allowed_up_to_their_caps() -> None:
    assert fields_of("<xml>" + "<a>" * (MAX_DEPTH - 1) + "</a>" * (MAX_DEPTH - 1) + "</xml>")
    assert fields_of("<xml>" + "<a/>" * (MAX_ELEMENTS - 1) + "</xml>")
    assert fields_of('{"a":' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}")
    assert fields_of('{"a":[' + "[]," * (MAX_ELEMENTS - 3) + "{}]}")


@pytest.mark.parametrize("faces", ["[微笑]" * 50, '{"\\[' * 50, '\\"[' * 50, "\\\\[" * 50])
def test_brackets_inside_json_text_are_no_depth(faces: str) -> None:
    assert fields_of(json.dumps({"a": faces, "b": [faces, {"c": faces}]})) == {"a": faces, "b": [faces, {"c": faces}]}


HOSTILE = {
    "blanks": " " * SIZE,
    "blanks before an end": filled("", " ", "<"),
    "blanks in a declaration": filled("<?xml", " "),
    "blanks after a declaration": filled("<?xml?>", " ", "!"),
    "deep": filled("<xml>", "<a>"),
    "deep and closed": "<xml>" + "<a>" * 9_000 + "</a>" * 9_000 + "</xml>",
    "wide": filled("<xml>", "<a/>", "</xml>"),
    "attributes": "<xml><a " + "".join(f"a{i}='' " for i in range(6_500)) + "/></xml>",
    "attributes of many": filled("<xml>", "<a b='' c='' d='' e=''/>", "</xml>"),
    "namespaces": "<xml><a " + "".join(f"xmlns:a{i}='{i}' " for i in range(2_900)) + "/></xml>",
    "one long name": filled("<xml><", "a", "/></xml>"),
    "open section": filled("<xml><a><![CDATA[", "]"),
    "section ends": filled("<xml><a><![CDATA[", "]]", "></a></xml>"),
    "lines": filled("<xml><a>", "\n", "</a></xml>"),
    "references": filled("<xml><a>", "&#65;", "</a></xml>"),
    "sections": filled("<xml><a>", "<![CDATA[]]>", "</a></xml>"),
    "comments": filled("<xml><a>", "<!---->", "</a></xml>"),
    "open comment": filled("<xml><!--", "-"),
    "instructions": filled("<xml>", "<?a?>", "</xml>"),
    "less than": filled("<", "<"),
    "json deep": filled('{"a":', "["),
    "json deep objects": filled("", '{"a":'),
    "json wide": filled('{"a":[', "0,", "0]}"),
    "json many objects": filled('{"a":[', "{},", "0]}"),
    "json quotes": filled("{[[[[[[[[", '"'),
    "json escapes": filled('{[[[[[[[["', '\\"'),
    "json backslashes": filled('{[[[[[[[["', "\\"),
    "json digits": filled('{"a":', "9", "}"),
    "json fraction": filled('{"a":0.', "9", "}"),
    "json exponent": filled('{"a":1e', "9", "}"),
    "json keys": "{" + ",".join(f'"{i}":0' for i in range(7_000)) + "}",
    "json surrogates": filled('{"a":"', "\\ud800", '"}'),
    "json blanks": filled('{"a":', " ", "}"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_end_at_once(name: str) -> None:
    assert len(HOSTILE[name]) <= SIZE
    started = time.process_time()
    assert outcome(HOSTILE[name]) in {"dict", "malformed"}
    # A trap that grows with the square of the size takes seconds; a busy machine does not.
    assert time.process_time() - started < 0.5


MARKUP = st.lists(
    st.sampled_from(
        ["<xml>", "</xml>", "<a>", "</a>", "<a/>", "<![CDATA[", "]]>", "<!--", "-->", "<?xml?>", "<!DOCTYPE a [", "]>"]
        + ["<!ENTITY a 'b'>", "&a;", "&#0;", "x", "\x00", " ", "{", "}", "[", "]", '"', "\\", ":", ",", "1", "-", "e"]
    ),
    max_size=40,
).map("".join)


@given(MARKUP | st.text())
@example('{"a":"\\')
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for document in (text, f"<xml>{text}</xml>", f'{{"a":{text}}}'):
        assert outcome(document) in {"dict", "malformed"}


JSON = st.recursive(st.text() | st.booleans() | st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_json_reads_as_it_was_written(value: dict[str, object]) -> None:
    for plain in (True, False):
        assert fields_of(json.dumps(value, ensure_ascii=plain)) == value


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_xml_text_reads_as_it_was_written(text: str) -> None:
    section = text.replace("]]>", "]]]]><![CDATA[>")
    if not {"\ufffe", "\uffff"} & set(text):
        assert fields_of(f"<xml><A><![CDATA[{section}]]></A></xml>") == {"A": text}
