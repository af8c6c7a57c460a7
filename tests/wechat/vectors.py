"""One push of every kind as WeChat writes it, in XML and JSON, and what must be read from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.wechat.pushes import ACCOUNT, APPID, FAN, ROBOT, SENT

HEAD = (
    f"<ToUserName><![CDATA[{ACCOUNT}]]></ToUserName><FromUserName><![CDATA[{FAN}]]></FromUserName>"
    f"<CreateTime>{SENT}</CreateTime>"
)
JSON_HEAD = f'"ToUserName":"{ACCOUNT}","FromUserName":"{FAN}","CreateTime":{SENT}'
OTHER = "oExample-Follower_0000000002"


@dataclass(frozen=True, slots=True)
class Vector:
    """Hold one document; `facts` are what must be clear, `sealed` what must be kept from view."""

    document: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    sealed: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    subject: str = FAN


def message(msg_type: str, inner: str, sealed: dict[str, Any], facts: dict[str, Any] | None = None) -> Vector:
    """Return a message in XML."""
    kind = f"<MsgType><![CDATA[{msg_type}]]></MsgType>"
    document = f"<xml>{HEAD}{kind}{inner}<MsgId>24912345678901234</MsgId></xml>"
    return Vector(document, msg_type, facts or {}, sealed)


def event(name: str, inner: str = "", **expected: Any) -> Vector:
    """Return an event in XML."""
    kind = f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>"
    return Vector(f"<xml>{HEAD}{kind}{inner}</xml>", name.lower(), **expected)


def in_json(name: str, inner: str, **expected: Any) -> Vector:
    """Return an event in JSON."""
    document = f'{{{JSON_HEAD},"MsgType":"event","Event":"{name}"{inner}}}'
    return Vector(document, name.lower(), **expected)


def menu(name: str, key: str, inner: str = "", **expected: Any) -> Vector:
    """Return a tap on a menu."""
    return event(name, f"<EventKey><![CDATA[{key}]]></EventKey>{inner}", key=key, **expected)


def privacy(name: str, ids: str, **expected: Any) -> Vector:
    """Return a privacy event, which the robot sends."""
    made = event(name, ids, subject=OTHER, **expected)
    return Vector(made.document.replace(FAN, ROBOT, 1), made.name, made.facts, subject=OTHER)


_POPUP = (
    "<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[tplA]]></TemplateId><SubscribeStatusString><![CDATA[accept]]>"
    "</SubscribeStatusString><PopupScene>1</PopupScene></List><List><TemplateId><![CDATA[tplB]]></TemplateId>"
    "<SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString><PopupScene>1</PopupScene></List>"
    "</SubscribeMsgPopupEvent>"
)
_CHANGE = (
    "<List><TemplateId><![CDATA[tplA]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString>"
    "</List>"
)
_SENT = (
    "<SubscribeMsgSentEvent><List><TemplateId><![CDATA[tplA]]></TemplateId><MsgID>1700827132819554304</MsgID>"
    "<ErrorCode>0</ErrorCode><ErrorStatus><![CDATA[success]]></ErrorStatus></List></SubscribeMsgSentEvent>"
)
_ACCEPTED = {"template_id": "tplA", "status": "accept", "popup_scene": "1"}
_REJECTED = {"template_id": "tplA", "status": "reject"}
_MASS = (
    "<MsgID>3147487831</MsgID><Status><![CDATA[send success]]></Status><TotalCount>1200</TotalCount>"
    "<FilterCount>1188</FilterCount><SentCount>1180</SentCount><ErrorCount>8</ErrorCount><CopyrightCheckResult>"
    "<Count>0</Count><ResultList></ResultList><CheckState>1</CheckState></CopyrightCheckResult><ArticleUrlResult>"
    "<Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx><ArticleUrl><![CDATA[http://mp.weixin.qq.com/s?a=x]]>"
    "</ArticleUrl></item></ResultList></ArticleUrlResult>"
)
_COUNTS = {"total": 1200, "filter": 1188, "sent": 1180, "error": 8}
_WHO = f"<OpenID><![CDATA[{OTHER}]]></OpenID><AppID><![CDATA[{APPID}]]></AppID>"
_PICS = (
    "<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum><![CDATA[0f3]]></PicMd5Sum></item>"
    "<item><PicMd5Sum><![CDATA[9ab]]></PicMd5Sum></item></PicList></SendPicsInfo>"
)
_PICS_READ = {"Count": "2", "PicList": {"item": [{"PicMd5Sum": "0f3"}, {"PicMd5Sum": "9ab"}]}}
_SCAN = (
    "<ScanCodeInfo><ScanType><![CDATA[barcode]]></ScanType><ScanResult><![CDATA[EAN_13,6901234567892]]></ScanResult>"
    "</ScanCodeInfo>"
)
_SCAN_READ = {"ScanType": "barcode", "ScanResult": "EAN_13,6901234567892"}
_CHOSEN = (
    "<SendLocationInfo><Location_X><![CDATA[31.2]]></Location_X><Location_Y><![CDATA[121.4]]></Location_Y>"
    "<Scale><![CDATA[15]]></Scale><Label><![CDATA[示例路1号]]></Label><Poiname><![CDATA[]]></Poiname></SendLocationInfo>"
)
_CHOSEN_READ = {"Location_X": "31.2", "Location_Y": "121.4", "Scale": "15", "Label": "示例路1号", "Poiname": ""}

MESSAGES: dict[str, Vector] = {
    "text": message("text", "<Content><![CDATA[想了解报价]]></Content>", {"Content": "想了解报价"}),
    "text not in CDATA": message("text", "<Content>1 &lt; 2</Content>", {"Content": "1 < 2"}),
    "tap on a menu message": message(
        "text",
        "<Content><![CDATA[满意]]></Content><bizmsgmenuid>101</bizmsgmenuid>",
        {"Content": "满意"},
        {"menu_choice": "101"},
    ),
    "text from an article": message(
        "text",
        "<Content><![CDATA[好]]></Content><MsgDataId>2247483651</MsgDataId><Idx>1</Idx><BusinessId>3</BusinessId>",
        {"Content": "好"},
        {"article_id": "2247483651", "article_index": "1", "business_id": "3"},
    ),
    "image": message(
        "image",
        "<PicUrl><![CDATA[http://mmbiz.qpic.cn/x7/0]]></PicUrl><MediaId><![CDATA[m-7Kd]]></MediaId>",
        {"PicUrl": "http://mmbiz.qpic.cn/x7/0", "MediaId": "m-7Kd"},
    ),
    "voice": message(
        "voice",
        "<MediaId><![CDATA[v-9]]></MediaId><Format><![CDATA[amr]]></Format><Recognition><![CDATA[我要预约。]]></Recognition>",
        {"MediaId": "v-9", "Recognition": "我要预约。"},
    ),
    "voice not recognised": message(
        "voice",
        "<MediaId><![CDATA[v-9]]></MediaId><Format><![CDATA[speex]]></Format><MediaId16K>w</MediaId16K>",
        {"MediaId": "v-9", "MediaId16K": "w"},
    ),
    "video": message(
        "video",
        "<MediaId><![CDATA[vid-1]]></MediaId><ThumbMediaId><![CDATA[th-1]]></ThumbMediaId>",
        {"MediaId": "vid-1", "ThumbMediaId": "th-1"},
    ),
    "shortvideo": message(
        "shortvideo",
        "<MediaId><![CDATA[vid-1]]></MediaId><ThumbMediaId><![CDATA[th-1]]></ThumbMediaId>",
        {"MediaId": "vid-1", "ThumbMediaId": "th-1"},
    ),
    "location": message(
        "location",
        "<Location_X>31.230416</Location_X><Location_Y>121.473701</Location_Y><Scale>15</Scale>"
        "<Label><![CDATA[示例市大道]]></Label>",
        {"Location_X": "31.230416", "Location_Y": "121.473701", "Scale": "15", "Label": "示例市大道"},
    ),
    "link": message(
        "link",
        "<Title><![CDATA[手册]]></Title><Description><![CDATA[一页]]></Description>"
        "<Url><![CDATA[https://h5.example.cn/a?b=1&c=2]]></Url>",
        {"Title": "手册", "Description": "一页", "Url": "https://h5.example.cn/a?b=1&c=2"},
    ),
    "miniprogrampage": message(
        "miniprogrampage",
        "<Title><![CDATA[预约]]></Title><AppId><![CDATA[wx8f1e2d3c4b5a6978]]></AppId>"
        "<PagePath><![CDATA[pages/book?id=7]]></PagePath><ThumbUrl><![CDATA[https://mmbiz.example/t.png]]></ThumbUrl>"
        "<ThumbMediaId><![CDATA[tm-3]]></ThumbMediaId>",
        {
            "Title": "预约",
            "PagePath": "pages/book?id=7",
            "ThumbUrl": "https://mmbiz.example/t.png",
            "ThumbMediaId": "tm-3",
        },
        {"page_appid": "wx8f1e2d3c4b5a6978"},
    ),
}
EVENTS: dict[str, Vector] = {
    "follow": event("subscribe", "<EventKey><![CDATA[]]></EventKey>"),
    "follow without a key": event("subscribe"),
    "follow by QR code": event(
        "subscribe",
        "<EventKey><![CDATA[qrscene_auto.expo25.sh]]></EventKey><Ticket><![CDATA[gQH17zw]]></Ticket>",
        key="auto.expo25.sh",
    ),
    "follow from a product page": event(
        "subscribe", "<EventKey><![CDATA[scanbarcode|EAN_13|1]]></EventKey>", key="scanbarcode|EAN_13|1"
    ),
    "unfollow": event("unsubscribe", "<EventKey/>"),
    "scan": event(
        "SCAN",
        "<EventKey><![CDATA[auto.expo25.sh]]></EventKey><Ticket><![CDATA[gQH17zw]]></Ticket>",
        key="auto.expo25.sh",
    ),
    "place": event(
        "LOCATION", "<Latitude>31.230416</Latitude><Longitude>121.473701</Longitude><Precision>65.0</Precision>"
    ),
    "click": menu("CLICK", "BU_AUTO_PRICE"),
    "view": menu(
        "VIEW",
        "https://h5.example.cn/m?bu=auto&src=menu",
        "<MenuId>518273645</MenuId>",
        facts={"menu_id": "518273645"},
    ),
    "view of a mini program": menu(
        "view_miniprogram",
        "pages/index/index?bu=auto",
        "<MenuId>518273645</MenuId>",
        facts={"menu_id": "518273645"},
    ),
    "scan from a menu": menu("scancode_push", "scan_1", _SCAN, sealed={"ScanCodeInfo": _SCAN_READ}),
    "scan from a menu, awaited": menu("scancode_waitmsg", "scan_1", _SCAN, sealed={"ScanCodeInfo": _SCAN_READ}),
    "photo from a menu": menu("pic_sysphoto", "pic_1", _PICS, sealed={"SendPicsInfo": _PICS_READ}),
    "picture from a menu": menu("pic_photo_or_album", "pic_1", _PICS, sealed={"SendPicsInfo": _PICS_READ}),
    "picture from the album": menu("pic_weixin", "pic_1", _PICS, sealed={"SendPicsInfo": _PICS_READ}),
    "place from a menu": menu("location_select", "loc_1", _CHOSEN, sealed={"SendLocationInfo": _CHOSEN_READ}),
    "template sent": event(
        "TEMPLATESENDJOBFINISH",
        "<MsgID>3717005636572528642</MsgID><Status><![CDATA[failed: system failed]]></Status>",
        facts={"job_id": "3717005636572528642", "status": "failed: system failed"},
    ),
    "mass message sent": event(
        "MASSSENDJOBFINISH", _MASS, facts={"job_id": "3147487831", "status": "send success", "counts": _COUNTS}
    ),
    "desk opened": event(
        "kf_create_session", "<KfAccount><![CDATA[test1@brand]]></KfAccount>", facts={"kf_account": "test1@brand"}
    ),
    "desk closed": event(
        "kf_close_session",
        "<KfAccount><![CDATA[test1@brand]]></KfAccount><CloseType>2</CloseType>",
        facts={"kf_account": "test1@brand", "close_type": "2"},
    ),
    "desk changed": event(
        "kf_switch_session",
        "<FromKfAccount><![CDATA[a@brand]]></FromKfAccount><ToKfAccount><![CDATA[b@brand]]></ToKfAccount>",
        facts={"kf_account": "a@brand", "kf_to": "b@brand"},
    ),
    "chat entered": event(
        "user_enter_tempsession",
        "<SessionFrom><![CDATA[bu=hotel;page=room/12]]></SessionFrom>",
        facts={"session_from": "bu=hotel;page=room/12"},
    ),
    "notices chosen": event(
        "subscribe_msg_popup_event",
        _POPUP,
        facts={"notices": [_ACCEPTED, {"template_id": "tplB", "status": "reject", "popup_scene": "1"}]},
    ),
    "notice turned off": event(
        "subscribe_msg_change_event",
        f"<SubscribeMsgChangeEvent>{_CHANGE}</SubscribeMsgChangeEvent>",
        facts={"notices": [_REJECTED]},
    ),
    "notice turned off, wrapped as older pages say": event(
        "subscribe_msg_change_event",
        f"<SubscribeMsgPopupEvent>{_CHANGE}</SubscribeMsgPopupEvent>",
        facts={"notices": [_REJECTED]},
    ),
    "notice sent": event(
        "subscribe_msg_sent_event",
        _SENT,
        facts={
            "notices": [
                {
                    "template_id": "tplA",
                    "job_id": "1700827132819554304",
                    "error_code": "0",
                    "error_status": "success",
                }
            ]
        },
    ),
    "name cleaned": privacy("user_info_modified", _WHO),
    "name cleaned, spelled small": privacy("user_info_modified", f"<openid>{OTHER}</openid><appid>{APPID}</appid>"),
    "consent taken back": privacy("user_authorization_revoke", f"{_WHO}<RevokeInfo><![CDATA[205]]></RevokeInfo>"),
    "consent taken back from a plugin": privacy(
        "user_authorization_revoke",
        f"{_WHO}<RevokeInfo>8</RevokeInfo><PluginID><![CDATA[wx00]]></PluginID><OpenPID><![CDATA[p]]></OpenPID>",
        facts={"plugin_id": "wx00"},
    ),
    "account deleted": privacy("user_authorization_cancellation", _WHO),
}
IN_JSON: dict[str, Vector] = {
    "text": Vector(
        f'{{{JSON_HEAD},"MsgType":"text","Content":"在吗","MsgId":24912345678905555}}',
        "text",
        sealed={"Content": "在吗"},
    ),
    "text of a cloud function": Vector(
        f'{{{JSON_HEAD},"MsgType":"text","Content":"","MsgId":"49d72d67b16d115e_1555684067"}}',
        "text",
        sealed={"Content": ""},
    ),
    "chat entered": in_json(
        "user_enter_tempsession",
        ',"SessionFrom":"bu=hotel;page=room/12"',
        facts={"session_from": "bu=hotel;page=room/12"},
    ),
    "chat entered from nowhere": in_json("user_enter_tempsession", ',"SessionFrom":""'),
    "chat entered by one who is named": in_json(
        "user_enter_tempsession", ',"SessionFrom":"sobot|示例"', sealed={"SessionFrom": "sobot|示例"}
    ),
    "one notice": in_json(
        "subscribe_msg_popup_event",
        ',"List":{"PopupScene":"0","SubscribeStatusString":"accept","TemplateId":"tplA"}',
        facts={"notices": [{**_ACCEPTED, "popup_scene": "0"}]},
    ),
    "several notices": in_json(
        "subscribe_msg_popup_event",
        ',"List":[{"PopupScene":1,"SubscribeStatusString":"accept","TemplateId":"tplA"},'
        '{"SubscribeStatusString":"reject","TemplateId":"tplA"}]',
        facts={"notices": [_ACCEPTED, _REJECTED]},
    ),
    "a template's result": in_json(
        "TEMPLATESENDJOBFINISH",
        ',"MsgID":3717005636572528642,"Status":"success"',
        facts={"job_id": "3717005636572528642", "status": "success"},
    ),
    "a tap": in_json("CLICK", ',"EventKey":12,"MenuId":null', key="12"),
}
VECTORS = {**MESSAGES, **EVENTS, **{f"{name} in JSON": vector for name, vector in IN_JSON.items()}}
