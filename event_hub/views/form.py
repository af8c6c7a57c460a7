"""The registration form; its messages are keys of the words, said in the visitor's language by the template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import AnyOf, DataRequired, Length, Optional, Regexp

from event_hub.service import Form

SIZES = ("1-49", "50-199", "200-999", "1000-4999", "5000+")
_PHONE = Regexp(r"(?:\D*\d){7,20}\D*\Z", message="mobile")
_EMAIL = Regexp(r"[^@＠]+[@＠][^@＠]+\Z", message="email")
# Only so that these mistakes show together with the others: the vault has the last word on both.
CONTACT = ("name", "mobile", "email", "company", "title")


def _trim(value: str | None) -> str | None:
    return value.strip() if value is not None else None


def _text(longest: int, *more: Regexp, required: bool = False) -> StringField:
    first = DataRequired("required") if required else Optional()
    return StringField(filters=[_trim], validators=[first, Length(max=longest, message="too_long"), *more])


class CsrfForm(FlaskForm):  # type: ignore[misc]
    """Carry the proof that a form was sent from our own page; it holds as long as a page may stay open."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Let a page stay open over a working day."""

        csrf_time_limit = timedelta(hours=12).total_seconds()


class RegistrationForm(CsrfForm):
    """Read and check what a visitor filled in."""

    name = _text(100, required=True)
    mobile = _text(30, _PHONE, required=True)
    email = _text(200, _EMAIL)
    company = _text(200, required=True)
    title = _text(100)
    company_size = StringField(validators=[Optional(), AnyOf(SIZES, message="invalid")])
    consent_collection = BooleanField(validators=[DataRequired("consent")])
    consent_phone = BooleanField()
    consent_email = BooleanField()
    consent_share = BooleanField()

    def filled(self) -> Form:
        """Return what was filled in, without the empty fields."""
        typed = {name: self[name].data for name in CONTACT}
        return Form(
            contact={name: value for name, value in typed.items() if value},
            company_size=self.company_size.data or None,
            phone=self.consent_phone.data,
            email=self.consent_email.data,
            share=self.consent_share.data,
        )

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Show what the vault refused beside its field."""
        for name in errors:
            if name in CONTACT:
                self[name].errors = [name if name in ("mobile", "email") else "characters"]
