"""WeChat's error codes as data: what each one asks of the hub, and what to tell a person in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CIRCUIT_OPEN, UNREADABLE, STATUS, NETWORK = -5, -4, -3, -2
"""The hub's own codes, for calls that were not made or that no code of WeChat answered."""


class Kind(StrEnum):
    """Say what an error code asks of whoever called."""

    SUCCESS = "success"
    """Done, now or by an earlier call."""
    IGNORE = "ignore"
    """Nothing hangs on it."""
    RENEW = "renew"
    """The access token: read the shared copy again, renew once, try once more."""
    RENEW_COMPONENT = "renew_component"
    """The same for the token of a third-party platform."""
    TICKET = "ticket"
    """The third-party platform's ticket: wait for the next push, or ask for it."""
    BACKOFF = "backoff"
    """Wait and try again, a few times; whether the work was done is not known."""
    MINUTE = "minute"
    """Too fast: wait a minute or more."""
    WAIT = "wait"
    """Not called, because the account's breaker is open."""
    NEXT_DAY = "next_day"
    """The day's quota is used up; days begin at 00:00 in Beijing."""
    CONFIRM = "confirm"
    """Sent before: ask after a minute what became of it."""
    DROP = "drop"
    """This work can never succeed as it is."""
    REVIEW = "review"
    """Dropped until a person has looked at the content."""
    SPLIT = "split"
    """Too many or a bad one in a batch: halve it."""
    REUPLOAD = "reupload"
    """The media file is gone: upload it once more, then drop."""
    RESYNC = "resync"
    """The template is gone: read the templates anew, drop, tell an admin."""
    CHECK_FOLLOW = "check_follow"
    """Drop, and find out whether the person still follows."""
    UNFOLLOWED = "unfollowed"
    """The person cannot be reached at this account."""
    MUTED = "muted"
    """The person wants no messages of this account, or the account wants none to reach them."""
    NO_CREDIT = "no_credit"
    """The person granted no message of this kind, or it is used up."""
    RELOGIN = "relogin"
    """The person has to log in again; the code is worth nothing more."""
    REAUTHORIZE = "reauthorize"
    """The account's owner has to authorize the third-party platform again."""
    DISCONNECTED = "disconnected"
    """The account no longer trusts the third-party platform."""
    ADMIN = "admin"
    """An admin has to do something; other calls may go on."""
    CIRCUIT = "circuit"
    """An admin has to do something, and until then every call of the account is in vain."""
    CONFIG = "config"
    """A mistake of the hub or of its set-up."""
    UNKNOWN = "unknown"
    """A code that stands nowhere: dropped and counted."""


@dataclass(frozen=True, slots=True)
class Known:
    """Hold what is known of one error code: its kind, and what it means to a person."""

    kind: Kind
    zh: str
    en: str


def _codes(text: str) -> list[int]:
    """Return the codes that `text` names: numbers and ranges such as 40015..40028."""
    found: list[int] = []
    for part in text.split():
        first, _, last = part.partition("..")
        found.extend(range(int(first), int(last or first) + 1))
    return found


# fmt: off
_ROWS: tuple[tuple[str, Kind, str, str], ...] = (
    ("0 45065", Kind.SUCCESS,
     "成功", "done"),
    ("-1 -1000", Kind.BACKOFF,
     "微信繁忙，稍后再试", "WeChat is busy: it will be tried again"),
    ("-2", Kind.BACKOFF,
     "连不上微信：请检查出口网络", "WeChat cannot be reached: check the way out to the internet"),
    ("-3", Kind.BACKOFF,
     "微信的接口返回了错误的状态", "WeChat answered with an HTTP error"),
    ("-4", Kind.BACKOFF,
     "微信的回答不完整", "WeChat's answer was cut short or is none"),
    ("-5", Kind.WAIT,
     "这个账号已熔断，稍后自动试探", "the account's breaker is open: it is probed by itself"),
    ("40001", Kind.RENEW,
     "AppSecret 不对或已重置：请在公众平台核对后重新填写", "the AppSecret is wrong or was reset: enter it anew"),
    ("40014 42001", Kind.RENEW,
     "access_token 失效", "the access token is no longer valid"),
    ("42006", Kind.RENEW_COMPONENT,
     "第三方平台的 token 已过期", "the third-party platform's token has expired"),
    ("40091 61005 61006", Kind.TICKET,
     "第三方平台的 ticket 失效：等待微信推送，请核对授权事件接收 URL",
     "the platform's ticket is not valid: wait for the push, check the URL for authorization events"),
    ("40013", Kind.CONFIG,
     "AppID 不对：请从公众平台复制", "the AppID is wrong: copy it from WeChat's console"),
    ("40002 40033 41001..41009 41018..41021 43001..43003 45067 45103 46101 47002 61014 61015", Kind.CONFIG,
     "中台的调用有误：请联系开发者", "the hub called WeChat wrongly: report it"),
    ("40003", Kind.CHECK_FOLLOW,
     "OpenID 不属于这个账号，或已取消关注", "the OpenID is not of this account, or no longer follows"),
    ("45015", Kind.CHECK_FOLLOW,
     "超出可回复的时间，或已取消关注", "outside the reply window, or no longer following"),
    ("40007", Kind.REUPLOAD,
     "素材已过期", "the media file has expired"),
    ("40004..40006 40008..40012 40132 40137 40155 40048 40066 45001..45008", Kind.DROP,
     "内容的类型、大小或链接不合要求", "the content's type, size or link is not accepted"),
    ("40015..40028 40054 40055 45010 46003 65301..65317", Kind.DROP,
     "菜单不合要求", "the menu is not accepted"),
    ("40029 40030 40163 42002 42003 42007 50001 87009", Kind.RELOGIN,
     "登录凭证已失效，请重新登录", "the login is used up or has expired: log in again"),
    ("40031 40032", Kind.SPLIT,
     "OpenID 列表有误或太长", "the list of OpenIDs is too long or has a bad one"),
    ("40035 40038 47001 47003", Kind.DROP,
     "参数不合要求", "a parameter is not accepted"),
    ("40037", Kind.RESYNC,
     "模板不存在：请重新同步模板", "there is no such template: read the templates anew"),
    ("40050 40051 45017 45018 45056..45059 45157..45159", Kind.DROP,
     "标签或分组不合要求", "the tag or group is not accepted"),
    ("40053 45029", Kind.ADMIN,
     "二维码参数不对，或永久二维码已达上限", "the QR code is not accepted, or the permanent ones are used up"),
    ("40125", Kind.CIRCUIT,
     "AppSecret 不对：请在公众平台重置后重新填写", "the AppSecret is wrong: reset it and enter it anew"),
    ("40094", Kind.CIRCUIT,
     "第三方平台的 AppSecret 不对：请在开放平台重置后重新填写",
     "the platform's AppSecret is wrong: reset it and enter it anew"),
    ("40130", Kind.DROP,
     "群发至少要两个 OpenID", "a mass message needs two OpenIDs or more"),
    ("40164", Kind.CIRCUIT,
     "本机 IP 不在白名单：请在公众平台「IP 白名单」里加上它",
     "this server's address is not allowed: add it to the account's IP list"),
    ("40226", Kind.DROP,
     "微信判定为高风险用户", "WeChat holds this user to be a risk"),
    ("40243", Kind.CIRCUIT,
     "AppSecret 已被冻结：请在公众平台解冻", "the AppSecret is frozen: unfreeze it in WeChat's console"),
    ("41030 43019 44001..44005 46001 46002 48005 48008 49003 61450..61457 65400..65417", Kind.DROP,
     "微信不接受这项内容", "WeChat does not accept this"),
    ("43004 46004 50002 50005", Kind.UNFOLLOWED,
     "这个人没有关注，或账号受限", "the person does not follow, or their account is limited"),
    ("43101", Kind.NO_CREDIT,
     "没有可用的订阅授权", "the person granted no such message, or it is used up"),
    ("45009 45028 48006", Kind.NEXT_DAY,
     "今天的次数已用完，北京时间零点恢复", "the quota is used up until midnight in Beijing"),
    ("45011", Kind.MINUTE,
     "调用太快，一分钟后再试", "too fast: again in a minute"),
    ("45047", Kind.DROP,
     "这次互动可发的条数已用完", "the messages that this interaction allows are used up"),
    ("45064 45072", Kind.DROP,
     "小程序没有关联，或输入状态不对", "the mini program is not linked, or the typing state is wrong"),
    ("45066", Kind.CONFIRM,
     "同一条群发刚刚提交过", "the same mass message was submitted a moment ago"),
    ("45080 45081 76001..76022", Kind.IGNORE,
     "无关紧要", "of no consequence"),
    ("45087 45094 48004 50004 50007", Kind.CIRCUIT,
     "账号或接口被限制或冻结：请查看公众平台的通知",
     "the account or its API is banned or frozen: see the notices in WeChat's console"),
    ("45168 87014", Kind.REVIEW,
     "内容有风险，需人工检查", "the content is held to be risky: a person has to look"),
    ("48001", Kind.ADMIN,
     "没有这个接口的权限：请核对账号认证与授权",
     "the account may not use this API: check its verification and grants"),
    ("48002", Kind.MUTED,
     "这个人关闭了消息", "the person switched messages off"),
    ("48003", Kind.ADMIN,
     "群发协议还没有同意：请登录公众平台确认",
     "the agreement on mass messages is not accepted: sign in to WeChat's console"),
    ("61003", Kind.DISCONNECTED,
     "账号没有授权给第三方平台：请重新授权", "the account has not authorized the platform: authorize it again"),
    ("61004", Kind.CIRCUIT,
     "本机 IP 不在第三方平台的白名单：请在开放平台加上它",
     "this server's address is not on the platform's IP list: add it"),
    ("61007", Kind.ADMIN,
     "缺少权限集：请带上它重新授权", "the grant lacks this permission set: authorize again with it"),
    ("61009 61010 61011", Kind.REAUTHORIZE,
     "授权码已失效，请重新授权", "the authorization code has expired: authorize again"),
    ("61023", Kind.DISCONNECTED,
     "授权的刷新令牌已失效：请重新授权", "the refresh token is not valid: authorize the platform again"),
    ("61024", Kind.CIRCUIT,
     "账号授权给了第三方平台：请改为由第三方平台接入",
     "the account is run by a third-party platform: connect it through that platform"),
    ("63178", Kind.ADMIN,
     "迁移 OpenID 的账号不对或未确认", "the account to move OpenIDs from is wrong or not confirmed"),
    ("89000..89004", Kind.ADMIN,
     "开放平台绑定有误：请到开放平台核对", "the binding to the Open Platform is wrong: check it there"),
    ("89501..89507", Kind.CIRCUIT,
     "本机 IP 要管理员确认：请在微信里确认", "an admin has to confirm this server's address in WeChat"),
)
# fmt: on

TABLE = {code: Known(kind, zh, en) for codes, kind, zh, en in _ROWS for code in _codes(codes)}
"""Error code -> what is known of it."""

PAUSES = {89506: 86_400.0, 89507: 3_600.0}
"""Seconds for which WeChat refuses an address after its admin said no, by code."""

_UNKNOWN = Known(Kind.UNKNOWN, "微信的新错误码，请查文档", "a code that the hub does not know: look it up")


def known(errcode: int) -> Known:
    """Return what is known of `errcode`; a code that stands nowhere is of the kind UNKNOWN."""
    return TABLE.get(errcode, _UNKNOWN)
