"""Why a BU rejects a lead: a closed list, and what each reason does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

REROUTE, RECYCLE, DISQUALIFY, HOLD = "reroute", "recycle", "disqualify", "hold"


@dataclass(frozen=True, slots=True)
class Reason:
    """Hold one reason: its words, its effect, and the days before the BU may get a recycled person again."""

    code: str
    zh: str
    en: str
    effect: str
    days: int | None = None
    needs_note: bool = False


_ALL = (
    Reason("no_contact", "联系不上", "cannot be reached", RECYCLE, 14),
    Reason("bad_number", "空号/错号", "wrong number", RECYCLE, 14),
    Reason("wrong_person", "非本人", "not the person", HOLD),
    Reason("duplicate", "重复", "duplicate", DISQUALIFY),
    Reason("existing_customer", "已有客户", "customer already", DISQUALIFY),
    Reason("existing_opp", "已有商机", "opportunity already", DISQUALIFY),
    Reason("competitor", "竞争对手", "competitor", DISQUALIFY),
    Reason("student", "学生", "student", DISQUALIFY),
    Reason("job", "求职", "looks for a job", DISQUALIFY),
    Reason("vendor", "推销", "wants to sell", DISQUALIFY),
    Reason("wrong_bu", "非本事业部业务", "business of another unit", REROUTE),
    Reason("wrong_region", "区域不符", "wrong region", REROUTE),
    Reason("dealer", "经销商", "dealer", REROUTE),
    Reason("too_small", "规模不符", "too small", RECYCLE, 90),
    Reason("no_need", "无需求", "no need", RECYCLE, 90),
    Reason("no_budget", "无预算", "no budget", RECYCLE, 90),
    Reason("no_authority", "无决策权", "no say in the decision", RECYCLE, 30),
    Reason("not_now", "时机未到", "not now", RECYCLE, 60),
    Reason("info_only", "仅索取资料", "wants information only", RECYCLE, 30),
    Reason("no_consent", "未同意", "no consent", HOLD),
    Reason("other", "其他", "other", RECYCLE, 30, needs_note=True),
)

REASONS: Mapping[str, Reason] = MappingProxyType({reason.code: reason for reason in _ALL})
"""Every reason by its code, in the order to show them."""

VERBS: Mapping[str, str] = MappingProxyType({RECYCLE: "recycle", DISQUALIFY: "disqualify", HOLD: "hold"})
"""Effect -> the verb that a rejected lead takes next; a re-routed one stays rejected and another one is made."""
