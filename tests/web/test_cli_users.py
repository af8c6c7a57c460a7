"""The user commands."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from hub.web.cli import cli
from hub.web.cli import users as commands
from tests.sample import apply_sample


@pytest.fixture(autouse=True)
def _tables_are_there(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    monkeypatch.setattr(commands, "running", nullcontext)
    apply_sample()


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["user", *words], input=given)


def test_the_first_user_gets_a_link(clean: Engine) -> None:
    made = run("create", "First@example.com", "--role", "group_admin")
    assert made.exit_code == 0, made.output
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/invitations/[\w-]{43}\n", made.output)
    listed = run("list").output
    assert "first@example.com" in listed
    assert "invited" in listed


def test_a_script_gives_the_password_itself(clean: Engine) -> None:
    words = ("create", "m@example.com", "--role", "bu_member", "--bu", "automation", "--password-stdin")
    assert run(*words, given="short\n").exit_code == 1
    assert "ready" not in run("list").output
    made = run(*words, given="four plain words together\n")
    assert re.fullmatch(r"[0-9a-f-]{36}\n", made.output)
    assert "ready" in run("list").output


def test_mistakes_are_one_line_and_nothing_is_made(clean: Engine) -> None:
    for words in (
        ("create", "m@example.com", "--role", "bu_member"),
        ("create", "m@example.com", "--role", "bu_member", "--bu", "none"),
        ("create", "nonsense", "--role", "auditor"),
        ("disable", "m@example.com"),
    ):
        result = run(*words)
        assert result.exit_code == 1
        assert result.output.startswith("Error: ")
    assert run("list").output == ""


def test_a_user_is_disabled_but_not_the_last_admin(clean: Engine) -> None:
    run("create", "a@example.com", "--role", "group_admin")
    run("create", "b@example.com", "--role", "auditor")
    assert run("disable", "A@example.com").exit_code == 1
    assert run("disable", "b@example.com").exit_code == 0
    assert "disabled" in run("list").output
