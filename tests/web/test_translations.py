"""Every page says everything in both languages."""

from __future__ import annotations

import re

from tests.web import catalogue

PLACES = re.compile(r"%\(\w+\)[sd]")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_text_has_an_english_word() -> None:
    said, english = catalogue.said(), catalogue.read()
    assert len(said) > 200
    missing = {text: places for text, places in said.items() if not (english.get(text) and english.get(text).string)}
    assert missing == {}


def test_nothing_is_translated_that_nobody_says() -> None:
    said = catalogue.said()
    assert [message.id for message in catalogue.read() if message.id and message.id not in said] == []


def test_english_has_the_same_places_for_values_and_no_chinese() -> None:
    messages = [message for message in catalogue.read() if message.id]
    assert [m.id for m in messages if sorted(PLACES.findall(m.id)) != sorted(PLACES.findall(str(m.string)))] == []
    assert [m.id for m in messages if CHINESE.search(str(m.string))] == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    assert catalogue.PO.with_suffix(".mo").read_bytes() == catalogue.compiled(catalogue.read())


def test_a_template_says_no_chinese_outside_of_what_is_translated() -> None:
    bare = {}
    for path in [
        p for room in ("console", "login") for p in sorted((catalogue.WEB / "templates" / room).glob("*.html"))
    ]:
        text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        left = re.sub(r"_\(\s*(\"[^\"]*\"|'[^']*')", "", text)
        if CHINESE.search(left):
            bare[path.name] = CHINESE.findall(left)
    assert bare == {}
