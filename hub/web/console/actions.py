"""What was done, in words: every action that the audit trail may name."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

ACTIONS: Mapping[str, LazyString] = {
    "account.add": _("接入账号"),
    "followers.stop": _("停止同步粉丝"),
    "followers.sync": _("同步粉丝"),
    "account.adopt": _("由第三方平台接管账号"),
    "account.change": _("更改账号设置"),
    "account.leave": _("账号改回直连"),
    "component.link": _("生成授权链接"),
    "conflict.apart": _("判断为两个人"),
    "conflict.reopen": _("撤销冲突的决定"),
    "conflict.same": _("判断为同一个人，合并"),
    "dead_letters.replay": _("放回死信"),
    "domain_file.add": _("添加校验文件"),
    "domain_file.remove": _("删除校验文件"),
    "key.create": _("新建密钥"),
    "key.created": _("新建密钥（API）"),
    "key.revoke": _("吊销密钥"),
    "key.revoked": _("吊销密钥（API）"),
    "key.rotate": _("轮换密钥"),
    "key.rotated": _("轮换密钥（API）"),
    "login": _("登录"),
    "login.failed": _("登录失败"),
    "menu.publish": _("发布菜单"),
    "menu.take_over": _("接管菜单"),
    "merge.restore": _("重新合并"),
    "merge.undo": _("拆分合并"),
    "qr_code.add": _("登记二维码"),
    "qr_code.archive": _("归档二维码"),
    "qr_code.renew": _("续期二维码"),
    "qr_code.restore": _("恢复二维码"),
    "reply.changed": _("更改回复规则"),
    "reply.created": _("新建回复规则"),
    "reply.delete": _("删除回复规则"),
    "reply.move": _("调整回复规则的次序"),
    "sends.cancel": _("撤下触达"),
    "sends.queue": _("提交触达"),
    "sends.restore": _("恢复撤下的触达"),
    "session.revoke": _("结束会话"),
    "user.create": _("新建用户"),
    "user.disable": _("停用用户"),
    "user.enable": _("启用用户"),
    "user.invite": _("邀请用户"),
    "user.password": _("设置密码"),
    "user.role": _("更改角色"),
    "user.totp_reset": _("重置验证器"),
    "view.delete": _("删除视图"),
    "view.restore": _("恢复视图"),
    "view.save": _("保存视图"),
}
"""Action -> its words; a test fails on an action that the code records and that has none."""


def said(action: str) -> str:
    """Return the words of an action in the page's language, the action itself for one of a later version."""
    return str(ACTIONS.get(action, action))
