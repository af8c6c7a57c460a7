"""The catalogue: every sentence the API says, in English as the code says it, with its Chinese.

`{}` stands for whatever a sentence carries; it is carried over in its order.
"""

from __future__ import annotations

from collections.abc import Mapping

TITLES: Mapping[int, tuple[str, str]] = {
    400: ("The request cannot be read", "无法读取请求"),
    401: ("Who calls is not known", "无法识别调用方"),
    403: ("Not allowed", "无权调用"),
    404: ("Not there", "不存在"),
    405: ("Not done this way", "不支持此方法"),
    409: ("In conflict with its state", "与当前状态冲突"),
    413: ("Too large", "请求过大"),
    415: ("Not JSON", "不是 JSON"),
    422: ("Something is wrong in it", "内容有误"),
    429: ("Too many requests", "请求过于频繁"),
    500: ("Our mistake", "服务器错误"),
    503: ("Not now", "暂时不可用"),
}
"""Status -> title in English and Chinese."""

DETAILS: Mapping[int, str] = {
    400: "The request cannot be read.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not take this method: see the header Allow.",
    408: "The request took too long to arrive.",
    413: "The body is larger than 1 MB.",
    414: "The address is too long.",
    415: "Send the body as JSON, with 'Content-Type: application/json'.",
    500: "Something went wrong on our side. It was logged; nothing was changed.",
}
"""Status -> what is said when nobody said more."""

CHINESE: Mapping[str, str] = {
    # requests
    "The request cannot be read.": "无法读取请求。",
    "This is not allowed.": "不允许此操作。",
    "There is nothing at this address.": "此地址没有内容。",
    "This address does not take this method: see the header Allow.": "此地址不支持该方法，请见 Allow 响应头。",
    "The request took too long to arrive.": "请求传输超时。",
    "The body is larger than 1 MB.": "请求体超过 1 MB。",
    "The address is too long.": "地址过长。",
    "Send the body as JSON, with 'Content-Type: application/json'.": (
        "请以 JSON 发送请求体，并带上 Content-Type: application/json。"
    ),
    "Something went wrong on our side. It was logged; nothing was changed.": (
        "服务器出错，已记录日志，未改动任何数据。"
    ),
    "The database does not answer: try again in a moment.": "数据库暂时没有响应，请稍后重试。",
    "The body is not JSON.": "请求体不是合法的 JSON。",
    "The body is nested too deeply.": "请求体嵌套过深。",
    "The body names one key of an object twice.": "请求体的同一对象中有重复的键。",
    "The body holds NaN or Infinity, which JSON does not know.": "请求体含有 NaN 或 Infinity，JSON 不支持。",
    "The body holds a number that is too large.": "请求体含有过大的数字。",
    "The body holds characters that cannot be stored.": "请求体含有无法存储的字符。",
    "The query holds characters that cannot be stored.": "查询参数含有无法存储的字符。",
    "Some fields are wrong: see 'errors'.": "部分字段有误，请见 errors。",
    "Send a valid API key as 'Authorization: Bearer <key>'.": ("请提供有效的 API 密钥：Authorization: Bearer <key>。"),
    "This key may not call this: it takes a key for {}.": "此密钥无权调用，需要以下类型的密钥：{}。",
    "This key lacks the scope '{}'.": "此密钥缺少权限范围「{}」。",
    "Sign in first.": "请先登录。",
    "Your role may not do this.": "您的角色无权执行此操作。",
    "This was sent from another site: it was refused and nothing was changed.": "请求来自其他站点，已拒绝。",
    "This host is not served here.": "此主机名不由本服务提供。",
    "This key belongs to no business unit.": "此密钥不属于任何事业部。",
    "Too many requests with this key: try again in {} s.": "此密钥请求过于频繁，请在 {} 秒后重试。",
    # idempotency
    "An Idempotency-Key is 1 to 255 visible ASCII characters.": "Idempotency-Key 须为 1 到 255 个可见 ASCII 字符。",
    "This Idempotency-Key came with another request before: use a new one.": (
        "此 Idempotency-Key 已用于另一个请求，请换一个新的。"
    ),
    "The first request with this Idempotency-Key is still under way.": "使用此 Idempotency-Key 的首个请求仍在处理中。",
    # lists
    "This is not a cursor of this list: leave it out to start from the beginning.": (
        "这不是本列表的游标：去掉它即可从头开始。"
    ),
    "order=score goes with state=queued.": "order=score 只能与 state=queued 一起使用。",
    # what is not there
    "There is no such lead.": "没有这条线索。",
    "There is no such decision.": "没有这条分配决定。",
    "There is no such event.": "没有这个活动。",
    "There is no such key.": "没有这个密钥。",
    "There is no such QR code.": "没有这个二维码。",
    "A scene has up to 64 letters, digits, dots, dashes and underscores.": (
        "场景值只能有字母、数字、点、横线、下划线，最多 64 位。"
    ),
    "This scene begins as WeChat's own do.": "此场景值的开头是微信保留的。",
    "This scene reads like contact data: use a number of your own.": "此场景值像是联系方式：请改用自己的编号。",
    "The account has a code with this scene already.": "此账号已有这个场景值的二维码。",
    "The group has no service account with this AppID.": "集团没有这个 AppID 的服务号。",
    "Nobody registered for this event with this code.": "此活动没有使用该签到码的报名。",
    "There is no such person.": "没有这个人。",
    "There is no such send.": "没有这条触达。",
    # sends
    "This kind of account has no such channel.": "此类账号没有这种消息。",
    "expires_at must lie after not_before.": "expires_at 须晚于 not_before。",
    "is longer than {} bytes": "超过 {} 字节",
    "is longer than {} bytes in UTF-8": "按 UTF-8 计超过 {} 字节",
    "is longer than {} characters": "超过 {} 个字符",
    "must be one of {}": "须为以下之一：{}",
    "must be an object with what the message holds": "须为对象，写明消息的内容",
    "must be a text that is not empty": "须为非空文本",
    "must be the id of a template: letters, digits, _ and -": "须为模板 ID：字母、数字、_ 和 -",
    "must be an object: the name of each field of the template, and its value": "须为对象：模板的每个字段名及其值",
    "is no name of a field, such as thing2": "不是字段名（例如 thing2）",
    "must be the scene the person confirmed: a number from 0 to 10000, as text": (
        "须为本人确认时的 scene：0 到 10000 的数字，以文本填写"
    ),
    "must be a text of at most {} characters": "须为最多 {} 个字符的文本",
    "is not part of such a message": "不属于这种消息",
    "reads like a mobile number or an e-mail address: contact data is never sent": (
        "像是手机号或邮箱：联系方式绝不发送"
    ),
    "There is no such merge, or it was undone already.": "没有这次合并，或已经拆分。",
    # people
    "This is not JSON: write the condition as one JSON object.": "不是合法的 JSON：请把条件写成一个 JSON 对象。",
    # keys
    "This key is over: make a new one.": "此密钥已失效，请新建一个。",
    "Two keys of this name and owner live already: revoke one of them first.": (
        "同名同归属的密钥已有两个有效，请先吊销其中一个。"
    ),
    "A key may not make a key that may do more than itself.": "密钥不能创建权限大于自身的密钥。",
    "Give exactly one of bu, touchpoint and admin (true).": "bu、touchpoint、admin（true）须且只能提供一个。",
    "The group has nothing with this slug.": "集团中没有此标识。",
    "A key of this role has no such scope.": "此类密钥没有该权限范围。",
    "must be true or false, this is {}": "须为 true 或 false，收到的是 {}",
    "must not be empty": "不能为空",
    "must be a text, this is {}": "须为文本，收到的是 {}",
    "must be one line, with no space before or after it and no control characters": (
        "须为一行，前后没有空格，也没有控制字符"
    ),
    "must have at most {} characters, this one has {}": "最多 {} 个字符，收到了 {} 个",
    'must be "wx" and 16 digits or letters a-f, this is {}': "须为 wx 加 16 位数字或 a-f 的字母，收到的是 {}",
    "must be campaign, bu, employee or event, this is {}": "须为 campaign、bu、employee 或 event，收到的是 {}",
    "is missing: it is required": "缺少必填字段",
    "is empty: give it a value or leave the key out": "不能为空：请填写或去掉此键",
    # leads
    "A lead that is {} cannot {}: from here it can {}.": "状态为 {} 的线索不能 {}，现在可以：{}。",
    "A lead that is {} gives no contact data: claim it first.": "状态为 {} 的线索不提供联系方式，请先认领。",
    "Another key of this business unit holds this lead.": "本事业部的另一个密钥持有此线索。",
    "The lease ended at {}: claim the lead again.": "认领已于 {} 到期，请重新认领。",
    "The reason '{}' needs a note.": "原因「{}」须附说明。",
    "amount and currency go together.": "amount 与 currency 须同时提供。",
    "purpose must be 1 to {} plain characters without contact data": "purpose 须为 1 到 {} 个普通字符，且不含联系方式",
    # what touchpoints send
    "This lies in the future.": "时间在未来。",
    "items[{}].{}: {}": "items[{}].{}：{}",
    "{}.{}: {}": "{}.{}：{}",
    "The group has no account with this AppID.": "集团没有此 AppID 的账号。",
    "The group has no open platform with this slug.": "集团没有此标识的开放平台账号。",
    "Some contact fields are wrong: see 'errors'.": "部分联系方式字段有误，请见 errors。",
    "Give appid and openid, or open_platform and unionid, or visitor_id.": (
        "请提供 appid 与 openid，或 open_platform 与 unionid，或 visitor_id。"
    ),
    "'{}' is recorded by the hub itself.": "「{}」由系统自身记录。",
    "'collection' is missing: without it contact data may not be kept.": "缺少 collection：没有它就不能保存联系方式。",
    "Give a text of at most 200 characters, a number or a boolean.": "请提供不超过 200 个字符的文本、数字或布尔值。",
    "Control characters are not allowed.": "不允许控制字符。",
    "Control characters and spaces at the ends are not allowed.": "不允许控制字符和首尾空格。",
    "This looks like contact data, which has no place here.": "这像是联系方式，不能放在这里。",
    "This looks like contact data: send it as 'contact' of a registration.": (
        "这像是联系方式：请放在报名的 contact 中发送。"
    ),
    "There is no such contact field.": "没有这个联系方式字段。",
    "Fill at least one of: {}.": "请至少填写一项：{}。",
    "This must be text.": "须为文本。",
    "This is longer than {} characters, or holds invisible or control characters.": (
        "超过 {} 个字符，或含有不可见字符或控制字符。"
    ),
    "This does not read like a phone number.": "不像是电话号码。",
    "This does not read like an e-mail address.": "不像是邮箱地址。",
    "text_version must name the text shown to the person, in 1 to 64 plain characters.": (
        "text_version 须标明向本人展示的文本，1 到 64 个普通字符。"
    ),
    "A scope is one of collection, phone, email, profiling, cross_border, share:<legal entity slug>.": (
        "scope 须为 collection、phone、email、profiling、cross_border 或 share:<法人主体标识>。"
    ),
    "Without the scope 'collection' no contact data may be taken.": "没有 collection 就不能收集联系方式。",
    # logins and pages at WeChat
    "There is no such account.": "没有这个账号。",
    "This does not lead to a site of the group: 'origins' of its touchpoint name the sites.": (
        "这个地址不在集团的站点上：站点写在触点的 origins 中。"
    ),
    "scope is base or userinfo.": "scope 须为 base 或 userinfo。",
    "A visitor id has 8 to 64 letters, digits, '-' and '_'.": "访客编号须为 8 到 64 位字母、数字、「-」或「_」。",
    "This login is over or was begun in another browser: go back to the page and log in again.": (
        "这次登录已结束，或是在另一个浏览器中开始的：请回到页面重新登录。"
    ),
    "WeChat does not let anybody log in here at the moment: try again later.": "暂时无法用微信登录，请稍后再试。",
    "This login was begun by another visitor.": "这次登录是另一位访客开始的。",
    "There is no such ticket for this touchpoint, or it is over: let the person log in again.": (
        "此触点没有这张票据，或已失效：请让对方重新登录。"
    ),
    "This page is on no site of this touchpoint: its 'origins' in the group file name the sites.": (
        "此页面不在本触点的站点上：站点写在集团文件中触点的 origins 里。"
    ),
    "This is the AppID of an account of another kind.": "此 AppID 属于另一类账号。",
    "Give openid or visitor_id: the number belongs to somebody.": "请提供 openid 或 visitor_id：号码须属于某个人。",
    "This code was used already: get a new one with wx.login.": "此 code 已被使用，请用 wx.login 重新获取。",
    "This code is not valid or no longer: get a new one with wx.login.": "此 code 无效或过期，请用 wx.login 另取。",
    "WeChat sees a high risk in this person and refuses the login.": "微信判定此用户为高风险，拒绝登录。",
    "WeChat takes no more logins of this person for a minute.": "此用户登录过于频繁，请一分钟后再试。",
    "WeChat does not answer: get a new code with wx.login and try again.": (
        "微信没有响应，请用 wx.login 重新获取 code 再试。"
    ),
    "This code is not of this person.": "此 code 不属于此人。",
    "This code is not valid, over or used: let the person share their number again.": (
        "此 code 无效、已过期或已使用，请让用户重新授权手机号。"
    ),
    "The account's numbers of today are used up: WeChat gives more after midnight in Beijing.": (
        "此账号今日的手机号额度已用完，北京时间零点后恢复。"
    ),
    "WeChat gives this account no more numbers for a minute.": "此账号获取手机号过于频繁，请一分钟后再试。",
    "WeChat's answer did not come through, the code is used up: let the person share it again.": (
        "没有收到微信的回答，此 code 已作废：请让用户重新授权手机号。"
    ),
    "WeChat refuses what this account asks ({}): an admin has to look at it.": (
        "微信拒绝了此账号的调用（{}）：需要管理员处理。"
    ),
    # schemas
    "Missing data for required field.": "缺少必填字段。",
    "Field may not be null.": "不能为 null。",
    "Unknown field.": "未知字段。",
    "Invalid input type.": "类型不对。",
    "Invalid type.": "类型不对。",
    "Invalid value.": "值无效。",
    "Not a valid list.": "须为列表。",
    "Not a valid string.": "须为文本。",
    "Not a valid utf-8 string.": "须为 UTF-8 文本。",
    "Not a valid UUID.": "须为 UUID。",
    "Not a valid number.": "须为数字。",
    "Number too large.": "数字过大。",
    "Not a valid integer.": "须为整数。",
    "Special numeric values (nan or infinity) are not permitted.": "不允许 NaN 或无穷大。",
    "Not a valid boolean.": "须为 true 或 false。",
    "Not a valid datetime.": "须为 ISO 8601 时间。",
    "Not a valid aware datetime.": "须为带时区的 ISO 8601 时间。",
    "Not a valid mapping type.": "须为对象。",
    "String does not match expected pattern.": "格式不符。",
    "Must be one of: {}.": "须为以下之一：{}。",
    "Must be greater than or equal to {}.": "须大于或等于 {}。",
    "Must be less than or equal to {}.": "须小于或等于 {}。",
    "Must be greater than or equal to {} and less than or equal to {}.": "须在 {} 与 {} 之间。",
    "Shorter than minimum length {}.": "长度不得少于 {}。",
    "Longer than maximum length {}.": "长度不得超过 {}。",
    "Length must be between {} and {}.": "长度须在 {} 与 {} 之间。",
    "Length must be {}.": "长度须为 {}。",
}
"""English -> Chinese."""

SUMMARIES: Mapping[str, str] = {
    "list_leads": "线索列表，最新在前；state=queued&order=score 按认领顺序列出队列。",
    "post_claim": "认领队列中最好的若干条线索，限时持有；两次认领绝不会得到同一条。",
    "get_lead": "读取一条线索。",
    "post_acceptance": "接受已认领的线索（SAL）。",
    "post_rejection": "以一个原因退回线索；原因决定重新分配、回收、作废或搁置。",
    "post_release": "把已认领的线索放回队列。",
    "post_progress": "上报已接受线索的进展；重复或迟到的上报不改变任何内容。",
    "post_contact": "查看此人的联系方式；每次披露都有记录。",
    "list_people": "人的列表，最新在前；when 为一个条件（JSON）。有后续游标时，一页可能不满。",
    "get_person": "读取一个人：身份已打码，合并、冲突与阶段俱全，不含联系方式；旧编号一直有效。",
    "get_timeline": "一个人的行为，最新在前。",
    "get_why": "评分的来由：模型、门槛、每条规则的得分与最近的得分行为。",
    "post_undo": "拆分一次合并；同样的证据不会再把两人合并。",
    "get_decision": "查看每条规则对此人的判断、选中了哪条以及原因。",
    "post_activities": "上报最多 500 条行为；同一 id 无论发送几次只记一次。",
    "post_registration": "接收一次报名：联系方式加密进入保险库，特征与行为进入人群池。",
    "post_redemption": "兑换网页授权登录的票据；只能用一次，两分钟内有效。",
    "post_signature": "为本触点站点的页面签名（JS-SDK 的 wx.config）。",
    "post_mini_program_login": "用 wx.login 的 code 换取打开小程序的人并记录；session_key 不外传、不保存。",
    "post_phone_number": "把微信验证过的手机号收入保险库；号码不返回给任何人，同一 code 不会再试。",
    "get_events": "活动列表及其人数，最新创建的在前。",
    "post_check_in": "为持码人签到；再次签到会返回首次时间。",
    "get_keys": "API 密钥列表，最新在前，不含密钥内容。",
    "post_key": "新建 API 密钥；密钥内容只显示这一次。",
    "post_rotation": "为密钥生成接替者，只显示这一次；旧密钥在重叠期内继续有效。",
    "post_sends": "排入最多 500 条消息，全部成功或全部拒绝；带 dedupe_key 的无论请求几次只发一次。",
    "get_sends": "触达列表，最新在前，含每条的状态与原因。",
    "get_reach": "查看此刻可以给这个人发什么：由哪个账号、哪种消息、到何时为止，以及不能发的原因。",
    "get_qr_codes": "列出带参数的二维码及其效果",
    "post_qr_codes": "登记带参数的二维码",
    "delete_key": "吊销密钥，立即失效；重复吊销不改变任何内容。",
}
"""Operation -> what it does, in Chinese; the English is the view's own docstring."""
