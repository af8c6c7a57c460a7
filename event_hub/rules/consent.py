"""The consent text of the registration page: one version, in one place; a changed word is a new version."""

from __future__ import annotations

VERSION = "event-2026-1"

COLLECTION, PHONE, EMAIL, SHARE = "collection", "phone", "email", "share"

TEXTS = {
    "zh": {
        COLLECTION: "我同意主办方收集我在此填写的信息，用于本次活动的报名、通知和签到。"
        "联系方式最多保存 30 天，到期即清除。",
        PHONE: "主办方可以就本次活动和相关产品给我打电话。",
        EMAIL: "主办方可以就本次活动和相关产品给我发邮件。",
        SHARE: "主办方可以把我的联系方式提供给「{bu}」所属的公司，由其与我联系。",
    },
    "en": {
        COLLECTION: "I agree that the organiser collects what I enter here, to register me for this event, to inform "
        "me about it and to check me in. Contact details are kept for at most 30 days and then erased.",
        PHONE: "The organiser may call me about this event and related products.",
        EMAIL: "The organiser may e-mail me about this event and related products.",
        SHARE: "The organiser may pass my contact details to the company that {bu} belongs to, which may contact me.",
    },
}
"""Language -> scope -> the sentence beside its box; "{bu}" is the name of the event's business unit."""


def scopes(*, phone: bool, email: bool, share: bool, legal_entity: str | None) -> tuple[str, ...]:
    """Return the scopes a person agreed to beside the collection itself, which is required."""
    chosen = [COLLECTION]
    if phone:
        chosen.append(PHONE)
    if email:
        chosen.append(EMAIL)
    if share and legal_entity is not None:
        chosen.append(f"share:{legal_entity}")
    return tuple(chosen)
