"""What routing takes in and gives out: the group file's section, and the BU's API."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from bu_routing.rules.reasons import REASONS
from bu_routing.rules.states import PROGRESS, STATES
from hub.kernel import clock, conditions
from hub.kernel.conditions.values import suggestion
from hub.kernel.http import PageQuery, Strict
from hub.pool.rules.fields import PERSON
from privacy.service import looks_like_contact

_EARLY = timedelta(minutes=10)  # clocks differ
_MOST = Decimal(10) ** 15


def impersonal(text: str) -> None:
    """Raise ValidationError when `text` is not printable or reads like a phone number or an e-mail address."""
    if not text.isprintable() or text != text.strip():
        raise ValidationError("Control characters and spaces at the ends are not allowed.")
    if looks_like_contact(text):
        raise ValidationError("This looks like contact data, which has no place here.")


def not_ahead(at: datetime) -> None:
    """Raise ValidationError when `at` lies in the future."""
    if at > clock.now() + _EARLY:
        raise ValidationError("This lies in the future.")


def short(longest: int, *, shortest: int = 1, **options: Any) -> fields.String:
    """Return a text field of `shortest` to `longest` printable characters without contact data."""
    return fields.String(validate=[validate.Length(shortest, longest), impersonal], **options)


class When(fields.Field[object]):
    """Read a condition over a person, checked, and keep it as its canonical tree."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> object:
        del attr, data
        try:
            return conditions.parse(value, PERSON).to_tree()
        except conditions.ConditionError as error:
            raise ValidationError(str(error)) from None


class RoutingRule(Strict):
    """Send whoever meets `when` to the BU `to`; `need` says what the person wants (the rule's name without it)."""

    name = short(80, required=True)
    when = When(required=True)
    to = fields.String(required=True)
    need = short(100)


class RoutingSection(Strict):
    """Hold the routing section of the group file: rules in their order, and the BU for whoever none matches."""

    rules = fields.List(fields.Nested(RoutingRule), load_default=list, validate=validate.Length(max=1000))
    fallback = fields.String(required=True)

    @validates_schema
    def unlike_names(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two rules of one name: decisions name their rule."""
        seen: set[str] = set()
        for index, rule in enumerate(data.get("rules", [])):
            if rule["name"] in seen:
                raise ValidationError({"rules": {index: {"name": ["Another rule has this name already."]}}})
            seen.add(rule["name"])


def refuse_unknown_targets(section: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise ValidationError, by field, for every BU in `section` (loaded) whose slug is not among `known`."""
    errors: dict[str, Any] = {}
    wrong = {i: rule["to"] for i, rule in enumerate(section["rules"]) if rule["to"] not in known}
    if wrong:
        errors["rules"] = {index: {"to": [_unknown(slug, known)]} for index, slug in wrong.items()}
    if section["fallback"] not in known:
        errors["fallback"] = [_unknown(section["fallback"], known)]
    if errors:
        raise ValidationError(errors)


def _unknown(slug: str, known: Collection[str]) -> str:
    return f"No business unit has the slug {slug[:64]!r}{suggestion(slug, sorted(known))}"


class LeadQuery(PageQuery):
    """Choose leads: by state, newest first, or the queue in the order in which it is claimed (`order=score`)."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    order = fields.String(load_default="newest", validate=validate.OneOf(["newest", "score"]))

    @validates_schema
    def queue_only(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse score order for anything but the queue."""
        if data.get("order") == "score" and data.get("state") != "queued":
            raise ValidationError({"order": ["order=score goes with state=queued."]})


class ClaimBody(Strict):
    """Ask for the best leads of the queue."""

    limit = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100))
    lease_minutes = fields.Integer(strict=True, load_default=30, validate=validate.Range(1, 1440))
    assignee = short(64, load_default=None, allow_none=True)


class RejectionBody(Strict):
    """Reject a lead: a reason of the closed list, perhaps a note (sealed before it is stored)."""

    reason = fields.String(required=True, validate=validate.OneOf(list(REASONS)))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(0, 500))

    @validates_schema
    def explained(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a reason that needs words without any."""
        reason = REASONS.get(data.get("reason", ""))
        if reason is not None and reason.needs_note and not (data.get("note") or "").strip():
            raise ValidationError({"note": [f"The reason {reason.code!r} needs a note."]})


class Amount(fields.Decimal):
    """Take an amount of money: a number, or a text such as "9.50", of at most 10**15."""

    _FORM = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")

    def __init__(self, **kwargs: Any) -> None:
        kinds = {"type": ["string", "number", "null"], "pattern": f"^{self._FORM.pattern}$"}
        super().__init__(places=2, metadata={**kinds, "minimum": 0, "maximum": int(_MOST)}, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Decimal:
        if isinstance(value, bool) or (isinstance(value, str) and self._FORM.fullmatch(value) is None):
            raise self.make_error("invalid")
        amount = super()._deserialize(value, *args, **options)
        if not 0 <= amount <= _MOST:
            raise ValidationError(f"Must be greater than or equal to 0 and less than or equal to {_MOST}.")
        return amount


class ProgressBody(Strict):
    """Say how far a lead came, with the BU's own time, money and reference."""

    state = fields.String(required=True, validate=validate.OneOf(list(PROGRESS)))
    amount = Amount(load_default=None, allow_none=True)
    currency = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"[A-Z]{3}\Z"))
    reason = short(200, load_default=None, allow_none=True)
    occurred_at = fields.AwareDateTime(format="iso", load_default=None, allow_none=True, validate=not_ahead)
    external_id = short(100, load_default=None, allow_none=True)

    @validates_schema
    def money(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an amount without its currency, and the other way round."""
        if (data.get("amount") is None) != (data.get("currency") is None):
            raise ValidationError({"currency": ["amount and currency go together."]})


class ContactBody(Strict):
    """Say what contact data is asked for; this is written to the ledger of disclosures."""

    purpose = short(64, shortest=2, required=True)


class ReachResult(Schema):
    """Say how the person can be reached."""

    followed_accounts = fields.Integer()
    contact = fields.String(validate=validate.OneOf(["available", "withheld", "purged", "never_collected"]))


class LeadResult(Schema):
    """Show a lead; it holds no PII."""

    id = fields.UUID(attribute="lead.id")
    person_id = fields.UUID(attribute="lead.person_id")
    bu = fields.String()
    state = fields.String(attribute="lead.state", validate=validate.OneOf(STATES))
    need = fields.String(attribute="lead.need", allow_none=True)
    score = fields.Integer(attribute="lead.score")
    stage = fields.String(attribute="lead.stage")
    why = fields.String(attribute="lead.why")
    created_at = fields.AwareDateTime(attribute="lead.created_at", format="iso")
    lease_until = fields.AwareDateTime(attribute="lead.lease_until", format="iso", allow_none=True)
    sla_due_at = fields.AwareDateTime(attribute="lead.sla_due_at", format="iso", allow_none=True)
    company_size = fields.String(allow_none=True)
    reach = fields.Nested(ReachResult)


class ClaimedLeads(Schema):
    """Show the leads just claimed, best first."""

    items = fields.List(fields.Nested(LeadResult))


class LeadPage(ClaimedLeads):
    """Show one page of leads."""

    next_cursor = fields.String(allow_none=True)


class ContactResult(Schema):
    """Show what the vault gives out, and by when the receiver must have purged it."""

    state = fields.String(validate=validate.OneOf(["available", "purged", "never_collected", "withheld"]))
    fields_ = fields.Dict(keys=fields.String(), values=fields.String(), data_key="fields", attribute="fields")
    purge_by = fields.AwareDateTime(format="iso", allow_none=True)


class OutcomeResult(Schema):
    """Show how one rule answered."""

    rule = fields.String()
    matched = fields.Boolean()
    failing = fields.String(allow_none=True)


class SentenceResult(Schema):
    """Show one sentence in both languages."""

    zh = fields.String()
    en = fields.String()


class DecisionResult(Schema):
    """Show a routing decision; `chosen` null means the fallback."""

    id = fields.UUID(attribute="decision.id")
    person_id = fields.UUID(attribute="decision.person_id")
    rule_set_version = fields.Integer(attribute="decision.rule_set_version")
    inputs_hash = fields.String(attribute="decision.inputs_hash")
    chosen = fields.String(attribute="decision.chosen", allow_none=True)
    bu = fields.String(allow_none=True)
    lead_id = fields.UUID(attribute="decision.lead_id", allow_none=True)
    outcomes = fields.List(fields.Nested(OutcomeResult), attribute="decision.outcomes")
    sentence = fields.Nested(SentenceResult)
    created_at = fields.AwareDateTime(attribute="decision.created_at", format="iso")
