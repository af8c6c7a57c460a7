"""Every kind of push the hub knows: which of its fields are clear facts, which are sealed, which say nothing new."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from wechat.rules.dedupe import NOTICE_PREFIX, PRIVACY_EVENTS, notices
from wechat.rules.parsing import Fields, scalar
from wechat.rules.request import Rejected

MAX_NAMES = 16
_HEAD = frozenset(
    {"ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Event", "EventKey", "Ticket", "Encrypt"}
)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,10}", re.ASCII)
# A button's own words, such as bu=hotel;page=room/12, unless they could name a person or a number to call.
_BUTTON = re.compile(r"(?!.*[0-9]{8})[A-Za-z0-9=;&:/_.,|?-]{1,256}", re.ASCII)


class Kind(NamedTuple):
    """Say of one kind of push what becomes of its own fields: `clear` maps WeChat's name to the fact's."""

    clear: Mapping[str, str]
    sealed: frozenset[str]
    passed: frozenset[str]


class Told(NamedTuple):
    """Hold what a push of a known kind tells: clear facts, fields to seal, names of fields nobody knows."""

    clear: dict[str, Any]
    sealed: Fields
    unknown: list[str]


def _kind(clear: Mapping[str, str] | None = None, sealed: str = "", passed: str = "") -> Kind:
    return Kind(clear or {}, frozenset(sealed.split()), frozenset(passed.split()) | _HEAD)


_SAID = {"MsgDataId": "article_id", "Idx": "article_index", "bizmsgmenuid": "menu_choice", "BusinessId": "business_id"}
_MENU = {"MenuId": "menu_id"}
_JOB = {"MsgID": "job_id", "Status": "status"}
_COUNTS = {"TotalCount": "total", "FilterCount": "filter", "SentCount": "sent", "ErrorCount": "error"}
_NOTICE = {
    "TemplateId": "template_id",
    "SubscribeStatusString": "status",
    "PopupScene": "popup_scene",
    "MsgID": "job_id",
    "ErrorCode": "error_code",
    "ErrorStatus": "error_status",
}
_WRAPPERS = "List SubscribeMsgPopupEvent SubscribeMsgChangeEvent SubscribeMsgSentEvent"

MESSAGES: Mapping[str, Kind] = {
    "text": _kind(_SAID, "Content"),
    "image": _kind(_SAID, "PicUrl MediaId"),
    "voice": _kind(_SAID, "MediaId MediaId16K Recognition", "Format"),
    "video": _kind(_SAID, "MediaId ThumbMediaId"),
    "shortvideo": _kind(_SAID, "MediaId ThumbMediaId"),
    "location": _kind(_SAID, "Location_X Location_Y Scale Label"),
    "link": _kind(_SAID, "Title Description Url"),
    "miniprogrampage": _kind({**_SAID, "AppId": "page_appid"}, "Title PagePath ThumbUrl ThumbMediaId"),
}
EVENTS: Mapping[str, Kind] = {
    "subscribe": _kind(),
    "unsubscribe": _kind(),
    "scan": _kind(),
    "location": _kind(passed="Latitude Longitude Precision"),
    "click": _kind(_MENU),
    "view": _kind(_MENU),
    "view_miniprogram": _kind(_MENU),
    **dict.fromkeys(("scancode_push", "scancode_waitmsg"), _kind(_MENU, "ScanCodeInfo")),
    **dict.fromkeys(("pic_sysphoto", "pic_photo_or_album", "pic_weixin"), _kind(_MENU, "SendPicsInfo")),
    "location_select": _kind(_MENU, "SendLocationInfo"),
    "templatesendjobfinish": _kind(_JOB),
    "masssendjobfinish": _kind(_JOB, passed=f"{' '.join(_COUNTS)} CopyrightCheckResult ArticleUrlResult"),
    "kf_create_session": _kind({"KfAccount": "kf_account"}),
    "kf_close_session": _kind({"KfAccount": "kf_account", "CloseType": "close_type"}),
    "kf_switch_session": _kind({"FromKfAccount": "kf_account", "ToKfAccount": "kf_to"}),
    "user_enter_tempsession": _kind(passed="SessionFrom"),
    **{f"{NOTICE_PREFIX}{name}_event": _kind(passed=_WRAPPERS) for name in ("popup", "change", "sent")},
    **dict.fromkeys(PRIVACY_EVENTS, _kind({"PluginID": "plugin_id"}, passed="RevokeInfo OpenPID")),
}
_PLACE = frozenset({"Latitude", "Longitude", "Precision"})
_SPELLINGS = frozenset({"openid", "unionid", "appid"})


def tell(kind: Kind, event: str, fields: Fields, *, location: bool) -> Told:
    """Return what the `fields` of a push of `kind` tell; `location` asks to keep the place of a LOCATION event, sealed.

    A clear fact that is no single printable text is kept as a field nobody knows.
    """
    told = Told({}, {}, [])
    for name in sorted(fields.keys() - kind.passed):  # of most pushes nothing is left
        if name in kind.sealed:
            told.sealed[name] = fields[name]
        elif name in kind.clear:
            _tell_clear(told, fields, name, kind.clear[name])
        elif not _is_person(event, name):
            _tell_unknown(told, name, fields[name])
    if event in _EXTRA:
        _EXTRA[event](told, fields)
    if event == "location" and location:
        told.sealed.update({name: fields[name] for name in fields if name in _PLACE})
    return told


def _tell_clear(told: Told, fields: Fields, name: str, fact: str) -> None:
    try:
        if text := scalar(fields, name):
            told.clear[fact] = text
    except Rejected:
        _tell_unknown(told, name, fields[name])


def _tell_unknown(told: Told, name: str, value: object) -> None:
    told.sealed[name] = value
    shown = name if _NAME.fullmatch(name) else "?"
    if shown not in told.unknown and len(told.unknown) < MAX_NAMES:
        told.unknown.append(shown)


def _is_person(event: str, name: str) -> bool:
    """Tell whether a field names the person of a privacy event, under any spelling."""
    return event in PRIVACY_EVENTS and name.strip().lower() in _SPELLINGS


def _tell_counts(told: Told, fields: Fields) -> None:
    counts = {}
    for name, fact in _COUNTS.items():
        value = fields.get(name)
        if isinstance(value, str) and _COUNT.fullmatch(value.strip()):
            counts[fact] = int(value)
        elif value is not None:
            _tell_unknown(told, name, value)
    told.clear["counts"] = counts


def _tell_notices(told: Told, fields: Fields) -> None:
    told.clear["notices"] = [
        {fact: text for name, fact in _NOTICE.items() if (text := scalar(item, name))} for item in notices(fields)
    ]


def _tell_session(told: Told, fields: Fields) -> None:
    """A button's session-from is a clear fact while it cannot name a person: some programs write the nickname there."""
    value = fields.get("SessionFrom")
    if isinstance(value, str) and _BUTTON.fullmatch(value):
        told.clear["session_from"] = value
    elif value:
        told.sealed["SessionFrom"] = value


_EXTRA = {
    "masssendjobfinish": _tell_counts,
    "user_enter_tempsession": _tell_session,
    **{f"{NOTICE_PREFIX}{name}_event": _tell_notices for name in ("popup", "change", "sent")},
}
