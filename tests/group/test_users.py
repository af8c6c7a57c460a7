"""Users, links and sessions below the pages: who is who, what is kept, what is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.group.models import AuditEntry, Invitation, LoginAttempt, UserAccount, UserSession
from hub.group.rules import grants, passwords, throttle
from hub.group.service import audit, invitations, logins, sessions, totp, users
from hub.kernel import clock, ids
from hub.kernel.access import ADMIN, AUDITOR, BU_MEMBER, GROUP_ADMIN, Caller

PASSWORD = "four plain words together"
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def made(session: Session, email: str = "a@example.com", password: str = PASSWORD) -> users.User:
    user = users.create_user(session, None, email=email, role=GROUP_ADMIN)
    invitations.accept_invitation(session, invitations.invite(session, None, user.id), password)
    return user


def test_an_address_is_one_users_whatever_its_letters(session: Session) -> None:
    user = users.create_user(session, None, email=" A@Example.com ", role=AUDITOR)
    assert user.email == "a@example.com"
    with pytest.raises(users.EmailTaken):
        users.create_user(session, None, email="a@EXAMPLE.com", role=AUDITOR)
    assert users.user_by_email(session, "A@example.COM").id == user.id
    with pytest.raises(users.UnknownUser):
        users.user_by_email(session, "b@example.com")
    with pytest.raises(users.UnknownUser):
        users.user(session, ids.new_id())


@pytest.mark.parametrize("email", ["", "a", "@b", "a@", "a b@example.com", "a@" + "b" * 300])
def test_what_is_no_address_is_refused(session: Session, email: str) -> None:
    with pytest.raises(grants.BadGrant):
        users.create_user(session, None, email=email, role=AUDITOR)


def test_a_bu_role_needs_a_bu_that_is_there(session: Session) -> None:
    for role, bu in ((BU_MEMBER, None), (BU_MEMBER, "none"), (AUDITOR, "none"), ("king", None), (ADMIN, None)):
        with pytest.raises(grants.BadGrant):
            users.create_user(session, None, email="a@example.com", role=role, bu=bu)


def test_no_secret_is_kept_readable(session: Session) -> None:
    user = made(session)
    reference, uri = sessions.open_session(session, user.id), totp.enrolment(session, user.id)
    link = invitations.invite(session, None, user.id)
    logins.check_password(session, email="a@example.com", password="x", address="192.0.2.1")
    session.flush()
    assert uri
    assert totp.enrolment(session, user.id) == uri
    secret = uri.partition("secret=")[2].partition("&")[0]
    kept = b"".join(
        value
        for model in (UserAccount, UserSession, Invitation, LoginAttempt)
        for row in session.scalars(select(model))
        for value in vars(row).values()
        if isinstance(value, bytes)
    )
    for clear in (PASSWORD, reference, link, secret, "192.0.2.1", "a@example.com"):
        assert clear.encode() not in kept
    row = session.scalars(select(UserAccount)).one()
    assert (row.password_digest or b"").startswith(b"$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_newer_link_replaces_an_older_one(session: Session) -> None:
    user = users.create_user(session, None, email="a@example.com", role=AUDITOR)
    older = invitations.invite(session, None, user.id)
    newer = invitations.invite(session, None, user.id)
    with pytest.raises(invitations.InvalidLink):
        invitations.invited(session, older)
    assert invitations.invited(session, newer).id == user.id
    with pytest.raises(invitations.InvalidLink):
        invitations.follow_sign_in_link(session, newer)  # of another purpose


def test_a_pending_session_is_short_and_opens_nothing(session: Session) -> None:
    user = made(session)
    token = sessions.open_session(session, user.id, pending=True)
    session.flush()
    assert sessions.find_session(session, token) is None
    assert sessions.find_session(session, token, pending=True)
    clock.set_offset(timedelta(minutes=11))
    assert sessions.find_session(session, token, pending=True) is None


def test_failures_are_counted_and_a_success_clears_the_account(session: Session) -> None:
    user = made(session)

    def attempt(password: str) -> logins.Checked:
        return logins.check_password(session, email="a@example.com", password=password, address="192.0.2.1")

    for _ in range(4):
        assert attempt("x") == logins.Checked(None)
    assert attempt(PASSWORD) == logins.Checked(user.id)
    for _ in range(5):
        assert attempt("x") == logins.Checked(None)
    refused = attempt(PASSWORD)
    assert refused.user_id is None
    assert 0 < refused.wait <= 60
    failed = select(func.count()).where(AuditEntry.action == "login.failed", AuditEntry.object_id == str(user.id))
    assert session.scalar(failed) == 9
    clock.set_offset(timedelta(days=2))
    attempt(PASSWORD)
    assert session.scalar(select(func.count()).select_from(LoginAttempt)) == 1  # the old ones are swept


def test_an_act_is_written_down_with_its_actor(session: Session) -> None:
    by = Caller(ADMIN, ids.new_id(), "CRM")
    audit(session, by, "key.create", "api_key", "x", role=ADMIN)
    audit(session, None, "user.create", "user", "y")
    session.flush()
    first, second = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert (first.actor_id, first.actor_role, first.details) == (by.actor_id, ADMIN, {"role": ADMIN})
    assert (second.actor_id, second.actor_role, second.object_id) == (None, "operator", "y")


@given(st.integers(0, 10_000), st.integers(1, 30), st.timedeltas(timedelta(0), timedelta(hours=3)))
def test_a_wait_is_never_longer_than_the_longest(failures: int, free: int, since: timedelta) -> None:
    wait = throttle.wait(failures, free, NOW - since, NOW)
    assert timedelta(0) <= wait <= throttle.LONGEST_WAIT
    assert not (failures < free and wait)
    assert throttle.wait(failures, free, NOW, NOW + wait) <= throttle.LONGEST_WAIT


@given(st.integers(5, 200))
def test_each_failure_waits_at_least_as_long(failures: int) -> None:
    waits = [throttle.wait(n, 5, NOW, NOW) for n in (failures, failures + 1)]
    assert waits[0] <= waits[1]
    assert waits[0] >= throttle.FIRST_WAIT


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("elevenchars", "short"),
        ("x" * 129, "long"),
        ("abcabcabcabc", "monotonous"),
        ("my-hubadmin-2030!", "name"),
        (PASSWORD, None),
        ("四个 毫不 相干 的 词语 连起来", None),
    ],
)
def test_a_password_is_long_and_not_the_name(password: str, weakness: str | None) -> None:
    assert passwords.weakness(password, "HubAdmin@example.com") == weakness


def test_the_first_group_of_the_map_counts() -> None:
    found = grants.read_map('{"a": "auditor", "b": "bu_member:drives"}')
    assert grants.first(found, ["b", "a"]) == grants.Grant("auditor")
    assert grants.first(found, ["b"]) == grants.Grant("bu_member", "drives")
    assert grants.first(found, ["c", 1, None]) is None
