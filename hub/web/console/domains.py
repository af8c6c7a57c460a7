"""Domains: the sites of the touchpoints, and the files with which WeChat checks whose a domain is."""

from __future__ import annotations

from dataclasses import dataclass

import requests
from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.kernel import settings
from hub.kernel.access import GROUP_ADMIN, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found
from hub.web import groupfile
from hub.web.console.page import READERS, blp, page
from hub.web.groupfile import GroupFileError, writing
from hub.web.languages import _
from wechat import views as doors
from wechat.service import domains as kept

FIELDS = ("domain", "name", "content")
_PATIENCE = 4.0


@dataclass(frozen=True, slots=True)
class Check:
    """Hold what came of asking ourselves for one file, as its domain would be asked."""

    domain: str
    name: str
    ok: bool
    detail: str


@blp.get("/touchpoints/domains")
@allow(*READERS)
def domains() -> str:
    """List the sites and the files, with a form to add one."""
    with transaction() as session:
        return _page(session, {}, {})


@blp.post("/touchpoints/domains")
@allow(GROUP_ADMIN)
def add_domain_file() -> Response | tuple[str, int]:
    """Add a file, judged exactly as the group file is; what is wrong comes back as it was typed."""
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    entry = {name: value for name, value in typed.items() if value}
    with transaction() as session:
        try:
            groupfile.apply(session, writing.write({"domain_files": [entry]}), environ={})
        except GroupFileError as error:
            return _page(session, typed, _mistakes(error)), 422
        group.audit(session, caller(), "domain_file.add", "domain_file", f"{typed['domain']}/{typed['name']}")
    doors.forget_files()
    flash(_("已保存。让域名指向中台，再点「检查」。"), "done")
    return redirect(url_for(".domains"), 303)


@blp.post("/touchpoints/domains/remove")
@allow(GROUP_ADMIN)
def remove_domain_file() -> Response:
    """Take a file away; WeChat no longer finds it on its next check."""
    domain, name = request.form.get("domain", ""), request.form.get("name", "")
    with transaction() as session:
        if not kept.remove_domain_file(session, domain, name):
            raise not_found("file")
        group.audit(session, caller(), "domain_file.remove", "domain_file", f"{domain}/{name}")
    doors.forget_files()
    flash(_("已删除。"), "done")
    return redirect(url_for(".domains"), 303)


@blp.post("/touchpoints/domains/check")
@allow(GROUP_ADMIN)
def check_domain_file() -> str:
    """Ask ourselves for a file as WeChat asks its domain for it: nobody else is called."""
    domain, name = request.form.get("domain", ""), request.form.get("name", "")
    with transaction() as session:
        found = next((row for row in kept.domain_files(session) if (row.domain, row.name) == (domain, name)), None)
        if found is None:
            raise not_found("file")
        content = found.content
    ok, detail = _ask(domain, name, content)  # no transaction is open meanwhile
    with transaction() as session:
        return _page(session, {}, {}, check=Check(domain, name, ok, detail))


def _ask(domain: str, name: str, content: str) -> tuple[bool, str]:
    url = f"{settings.current().base_url}/{name}"
    try:
        with requests.Session() as http:
            http.trust_env = False
            answer = http.get(url, headers={"Host": domain}, timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException:
        return False, _("%(url)s 打不开：请检查 HUB_BASE_URL、域名解析、证书和防火墙。", url=url)
    if answer.status_code == requests.codes.ok and answer.text == content:
        return True, _("中台会正确回答这个域名。还需让 http(s)://%(domain)s/ 指向中台。", domain=domain)
    return False, _("返回 %(status)d，内容不符：前面的网关可能按域名改写了请求。", status=answer.status_code)


def _page(session: Session, typed: dict[str, str], wrong: dict[str, str], *, check: Check | None = None) -> str:
    return page(
        session,
        "domains.html",
        files=kept.domain_files(session),
        places=[place for place in group.touchpoints(session) if place.origins],
        typed=typed,
        wrong=wrong,
        check=check,
        host=settings.current().base_url,
    )


def _mistakes(error: GroupFileError) -> dict[str, str]:
    sentences = {
        "domain": _("请填域名，如 m.example.com：小写，不带 https:// 和路径。"),
        "name": _("文件名形如 MP_verify_AbCd1234.txt，从公众平台下载的文件上照抄。"),
        "content": _("请填文件里的那一串字母和数字。"),
    }
    found: dict[str, str] = {}
    for mistake in error.mistakes:
        name = mistake.path.rpartition(".")[2]
        found[name if name in sentences else ""] = sentences.get(name, str(mistake))
    return found
