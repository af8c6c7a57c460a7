"""Errors as people at a browser see them: a page in their language around what a program gets as a problem."""

from __future__ import annotations

from flask import Flask, Response, render_template
from flask_babel import gettext as _

from hub.web.access import wants_page


def install(app: Flask) -> None:
    """Turn problem documents into pages for whoever asks for pages."""
    app.after_request(_as_page)


def _as_page(response: Response) -> Response:
    if response.mimetype == "application/problem+json" and wants_page():
        title, text = _words(response.status_code)
        response.set_data(render_template("console/refused.html", title=title, text=text))
        response.mimetype = "text/html"
    return response


def _words(status: int) -> tuple[str, str]:
    """Return what happened and how to go on."""
    known = {
        400: (_("这个请求没有成功"), _("页面可能停留太久。请返回、刷新，再试一次；什么都没有改变。")),
        401: (_("请先登录"), _("您的登录已结束。重新登录后继续。")),
        403: (_("没有权限"), _("您的角色不能这样做，或请求来自别的网站；什么都没有改变。")),
        404: (_("没有这一页"), _("地址有误，或内容不属于您。")),
        405: (_("不能这样打开"), _("请从页面上的按钮进入。")),
        409: (_("已被别人改动"), _("请返回、刷新，看看现在的状态。")),
        413: (_("内容太大"), _("请缩短后再试。")),
        422: (_("有的内容不对"), _("请返回检查填写的内容或网址里的筛选条件。")),
        429: (_("太频繁了"), _("请稍等片刻再试。")),
        503: (_("暂时没有应答"), _("请稍后再试；什么都没有改变。")),
    }
    return known.get(status, (_("出了问题"), _("已记录下来；什么都没有改变。请稍后再试。")))
