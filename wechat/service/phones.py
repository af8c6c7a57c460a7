"""Numbers that WeChat verified, on their way from its answer to the vault."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from hub.group.service import Account
from hub.kernel.logs import log
from hub.pool import service as pool
from hub.pool.service import OPENID, VISITOR, IdentityRef, NewRegistration
from privacy.service import Consent
from wechat.client import WeChatError
from wechat.client.errors import UNREADABLE
from wechat.client.logins import Phone, phone_number
from wechat.client.shared import clients
from wechat.rules import logins as rules
from wechat.service.exchanges import Exchanged

SOURCE = "miniprogram"


@dataclass(slots=True)
class PhoneAsked:
    """Ask for the number behind one code and put it into the vault; nothing of it shows in a repr."""

    account: Account = field(repr=False)
    code: str = field(repr=False)
    openid: str = field(repr=False)
    visitor: str = field(repr=False)
    consent: Consent
    taken: bool = False
    _phone: Phone | None = field(default=None, repr=False)

    def ask(self) -> Exchanged:
        """Ask WeChat, with no transaction open; a number that it gave to another account is dropped."""
        try:
            phone = phone_number(clients().of(self.account), self.code, self.openid)
        except WeChatError as error:
            return Exchanged(rules.outcome_of(error.errcode), error.errcode)
        if phone.appid != self.account.appid:
            log.error("phone_of_another_account", appid=self.account.appid)
            return Exchanged("refused", UNREADABLE)
        self._phone = phone
        return Exchanged("signed_in")

    def note(self, session: Session, _found: Exchanged, key: str) -> None:
        """Take the number in as a registration at the mini program, sealed; raise ContactRefused when it is none."""
        if self._phone is None:
            return
        identity = IdentityRef(VISITOR, "", self.visitor)
        if self.openid:
            identity = IdentityRef(OPENID, self.account.appid, self.openid)
        registration = NewRegistration(
            external_id=f"phone:{key}",
            identity=identity,
            contact={"mobile": self._phone.number},
            consent=self.consent,
            traits={},
            source=SOURCE,
            touchpoint_id=self.account.touchpoint_id,
            verified=("mobile",),
        )
        self.taken = pool.register(session, registration).new
        self._phone = None
