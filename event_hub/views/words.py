"""Every word of the registration pages, in Chinese and English."""

from __future__ import annotations

from typing import Any

from flask import request

LANGUAGES = ("zh", "en")

WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "html": "zh-CN",
        "other": ("en", "English"),
        "when": "时间",
        "where": "地点",
        "places_left": "剩余名额",
        "register": "报名",
        "intro": "填写以下信息完成报名，约需一分钟。",
        "submit": "提交报名",
        "optional": "选填",
        "choose": "请选择",
        "consent": "授权与同意",
        "required_box": "必选",
        "version": "文本版本",
        "fields": {
            "name": "姓名",
            "mobile": "手机",
            "email": "邮箱",
            "company": "公司",
            "title": "职务",
            "company_size": "公司规模",
            "consent_collection": "同意收集信息",
        },
        "sizes": {
            "1-49": "1–49 人",
            "50-199": "50–199 人",
            "200-999": "200–999 人",
            "1000-4999": "1,000–4,999 人",
            "5000+": "5,000 人以上",
        },
        "wrong": "有 {n} 处需要修改，已填写的内容都还在。",
        "errors": {
            "required": "请填写此项。",
            "too_long": "内容过长，请缩短。",
            "mobile": "这不像电话号码，请检查，例如 13900000000。",
            "email": "这不像邮箱地址，请检查，例如 name@example.com。",
            "characters": "含有无法使用的字符，请重新输入。",
            "consent": "报名需要您同意收集信息，请勾选。",
            "invalid": "请从列表中选择一项。",
        },
        "expired": "页面停留过久，或浏览器未保存 Cookie。内容都还在，请再次提交。",
        "busy": "系统暂时繁忙，报名尚未提交。内容都还在，请稍后再次提交。",
        "full_title": "名额已满",
        "full": "本次活动的名额已经报满。",
        "closed_title": "报名已结束",
        "closed": "本次活动已经结束，不再接受报名。",
        "missing_title": "没有这个活动",
        "missing": "链接可能有误，或活动已经撤下。请向邀请您的人确认链接。",
        "trouble_title": "暂时无法打开",
        "trouble": "请稍后刷新再试。",
        "large_title": "内容过大",
        "large": "提交的内容过大。请返回上一页，缩短后再次提交。",
        "refused_title": "无法处理这个请求",
        "refused": "请从活动链接重新打开页面。",
        "already_title": "此设备已报名",
        "already": "可以查看签到码，或为另一位参会者报名。",
        "see_code": "查看签到码",
        "another": "为他人报名",
        "done_title": "报名成功",
        "checked_in": "已签到",
        "code": "签到码",
        "show_code": "到场后向工作人员出示签到码。建议截图保存。",
        "retention": "您的联系方式最多保存 30 天，到期即清除。",
    },
    "en": {
        "html": "en",
        "other": ("zh", "中文"),
        "when": "When",
        "where": "Where",
        "places_left": "Places left",
        "register": "Register",
        "intro": "Fill in the form to register. It takes about a minute.",
        "submit": "Register",
        "optional": "optional",
        "choose": "Choose",
        "consent": "Consent",
        "required_box": "required",
        "version": "Text version",
        "fields": {
            "name": "Name",
            "mobile": "Mobile",
            "email": "E-mail",
            "company": "Company",
            "title": "Job title",
            "company_size": "Company size",
            "consent_collection": "Consent to collection",
        },
        "sizes": {
            "1-49": "1–49 people",
            "50-199": "50–199 people",
            "200-999": "200–999 people",
            "1000-4999": "1,000–4,999 people",
            "5000+": "5,000 people or more",
        },
        "wrong": "Please look at {n} of the fields. What you typed is still here.",
        "errors": {
            "required": "Please fill this in.",
            "too_long": "This is too long: please shorten it.",
            "mobile": "This does not read like a phone number: please check it, such as 13900000000.",
            "email": "This does not read like an e-mail address: please check it, such as name@example.com.",
            "characters": "This holds characters that cannot be used: please type it again.",
            "consent": "Registration needs your consent to the collection: please tick the box.",
            "invalid": "Please choose one from the list.",
        },
        "expired": "The page was open for too long, or the browser keeps no cookies. What you typed is still here: "
        "please send it again.",
        "busy": "The system is busy and your registration was not taken. What you typed is still here: please send it "
        "again in a moment.",
        "full_title": "No places left",
        "full": "Every place at this event is taken.",
        "closed_title": "Registration is closed",
        "closed": "This event is over and takes no more registrations.",
        "missing_title": "There is no such event",
        "missing": "The link may be wrong, or the event was taken down. Please check it with whoever invited you.",
        "trouble_title": "This page cannot be shown right now",
        "trouble": "Please reload it in a moment.",
        "large_title": "This is too large",
        "large": "What you sent is too large. Please go back, shorten it and send it again.",
        "refused_title": "This request cannot be handled",
        "refused": "Please open the page from the event's link again.",
        "already_title": "Already registered on this device",
        "already": "See your check-in code, or register somebody else.",
        "see_code": "See my code",
        "another": "Register somebody else",
        "done_title": "You are registered",
        "checked_in": "Checked in",
        "code": "Check-in code",
        "show_code": "Show this code at the door. A screenshot will do.",
        "retention": "Your contact details are kept for at most 30 days and then erased.",
    },
}


def language() -> str:
    """Return the language of this request: what ?lang= asks for, else what the browser prefers, else Chinese."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        return asked
    return request.accept_languages.best_match(LANGUAGES, default="zh") or "zh"
