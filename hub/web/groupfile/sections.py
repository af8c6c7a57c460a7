"""The whole group file as one schema, section by section, in the order it is written."""

from __future__ import annotations

from marshmallow import fields

from bu_routing.schemas import RoutingSection
from event_hub.schemas import EventSection
from hub.group.schemas import (
    AccountSection,
    BusinessUnitSection,
    ComponentPlatformSection,
    GroupSection,
    LegalEntitySection,
    OpenPlatformSection,
    TouchpointSection,
)
from hub.kernel.http import Strict
from hub.pool.schemas import ScoringSection
from wechat.schemas.entry import DomainFileSection
from wechat.schemas.menus import MenuSection
from wechat.schemas.outbound import OutboundSection
from wechat.schemas.replies import ReplyRuleSection


class GroupFile(Strict):
    """Read a group file; every section may be absent."""

    group = fields.Nested(GroupSection)
    legal_entities = fields.List(fields.Nested(LegalEntitySection))
    open_platforms = fields.List(fields.Nested(OpenPlatformSection))
    business_units = fields.List(fields.Nested(BusinessUnitSection))
    component_platforms = fields.List(fields.Nested(ComponentPlatformSection))
    accounts = fields.List(fields.Nested(AccountSection))
    touchpoints = fields.List(fields.Nested(TouchpointSection))
    domain_files = fields.List(fields.Nested(DomainFileSection))
    menus = fields.List(fields.Nested(MenuSection))
    scoring = fields.Nested(ScoringSection)
    routing = fields.Nested(RoutingSection)
    outbound = fields.Nested(OutboundSection)
    replies = fields.List(fields.Nested(ReplyRuleSection))
    events = fields.List(fields.Nested(EventSection))
