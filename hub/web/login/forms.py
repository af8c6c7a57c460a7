"""The forms of logins and accounts; what is wrong is said beside the field."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from hub.group.rules.passwords import LONGEST, SHORTEST
from hub.kernel.access import USER_ROLES

ROLE_NAMES = {
    "group_admin": _("集团管理员"),
    "group_marketer": _("集团市场"),
    "bu_manager": _("BU 经理"),
    "bu_member": _("BU 成员"),
    "privacy_officer": _("隐私负责人"),
    "auditor": _("审计员"),
}
WEAKNESSES = {
    "short": _("至少 %(n)s 个字符。", n=SHORTEST),
    "long": _("最多 %(n)s 个字符。", n=LONGEST),
    "monotonous": _("不同的字符太少，请换一个更难猜的密码。"),
    "name": _("密码里不要包含邮箱名。"),
}
_needed = InputRequired(_("请填写。"))
_longest = Length(max=254, message=_("太长了。"))


class LoginForm(FlaskForm):  # type: ignore[misc]
    """Take an address and a password."""

    email = StringField(_("邮箱"), validators=[_needed, _longest])
    password = PasswordField(_("密码"), validators=[_needed])


class CodeForm(FlaskForm):  # type: ignore[misc]
    """Take a one-time code."""

    code = StringField(_("六位动态码"), validators=[_needed, Length(max=20, message=_("太长了。"))])


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """Take a new password, twice."""

    password = PasswordField(_("新密码"), validators=[_needed])
    again = PasswordField(_("再输一次"), validators=[_needed, EqualTo("password", _("两次输入不一样。"))])


class ChangeForm(PasswordForm):
    """Take the password so far and the new one."""

    current = PasswordField(_("当前密码"), validators=[_needed])


class RoleForm(FlaskForm):  # type: ignore[misc]
    """Take a role, and the BU of a BU role."""

    role = SelectField(_("角色"), choices=[SelectChoice(role, ROLE_NAMES[role]) for role in USER_ROLES])
    bu = SelectField(_("事业部"), validators=[Optional()])

    def __init__(self, bus: list[tuple[str, str]], **given: Any) -> None:
        """Offer the BUs there are, as (slug, name)."""
        super().__init__(**given)
        self.bu.choices = [SelectChoice("", "—"), *(SelectChoice(slug, name) for slug, name in bus)]


class InviteForm(RoleForm):
    """Take whom to invite."""

    email = StringField(_("邮箱"), validators=[_needed, _longest])
    name = StringField(_("姓名"), validators=[Length(max=100, message=_("太长了。"))])
