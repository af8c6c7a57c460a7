"""What a touchpoint is told when WeChat refuses: what happened, and what to do now."""

from __future__ import annotations

from datetime import timedelta

from hub.kernel import clock
from hub.kernel.http import Problem
from wechat.rules.errors import BEIJING
from wechat.rules.errortable import Kind, known

_MINUTE = 60


def of_login(errcode: int) -> Problem:
    """Return the answer to a mini program's login that met `errcode`."""
    if errcode == 40163:
        return Problem(409, "This code was used already: get a new one with wx.login.")
    if errcode == 40226:
        return Problem(403, "WeChat sees a high risk in this person and refuses the login.")
    if known(errcode).kind is Kind.RELOGIN:
        message = "This code is not valid or no longer: get a new one with wx.login."
        return Problem(422, message, {"code": [message]})
    if known(errcode).kind is Kind.MINUTE:
        return Problem(429, "WeChat takes no more logins of this person for a minute.", retry_after=_MINUTE)
    if known(errcode).kind is Kind.BACKOFF:
        return Problem(503, "WeChat does not answer: get a new code with wx.login and try again.")
    return of_account(errcode)


def of_phone(errcode: int) -> Problem:
    """Return the answer to a phone code that met `errcode`; 0 stands for a number that nobody can dial."""
    kind = known(errcode).kind
    if errcode == 40003:
        message = "This code is not of this person."
        return Problem(422, message, {"openid": [message]})
    if kind is Kind.RELOGIN:
        message = "This code is not valid, over or used: let the person share their number again."
        return Problem(422, message, {"code": [message]})
    if kind is Kind.NEXT_DAY:
        message = "The account's numbers of today are used up: WeChat gives more after midnight in Beijing."
        return Problem(429, message, retry_after=_until_midnight())
    if kind is Kind.MINUTE:
        return Problem(429, "WeChat gives this account no more numbers for a minute.", retry_after=_MINUTE)
    if kind in (Kind.BACKOFF, Kind.SUCCESS):
        return Problem(503, "WeChat's answer did not come through, the code is used up: let the person share it again.")
    return of_account(errcode)


def of_account(errcode: int) -> Problem:
    """Return the answer to what an admin has to mend."""
    return Problem(503, f"WeChat refuses what this account asks ({errcode}): an admin has to look at it.")


def _until_midnight() -> int:
    local = clock.now().astimezone(BEIJING)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((midnight - local).total_seconds()) + 1
