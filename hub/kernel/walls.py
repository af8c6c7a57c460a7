"""Row level security: whatever a query forgets, a business unit's transaction meets its own rows only.

A BU's transaction runs as the role `hub_bu`, whose policies compare each row's `bu_id` with the setting `app.bu_id`.
Group-wide work runs as the login itself: connections of the hub say `app.scope=group`, without which even the tables'
owner meets no row. Superusers pass every policy, which is why a BU's transaction changes its role. The role owns
nothing, and has no grant on a partition: policies of a table do not hold for who reads its partitions directly.
"""

from __future__ import annotations

import time
from uuid import UUID

from flask import g, has_request_context
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hub.kernel.access import BU, BU_USERS, Caller

ROLE = "hub_bu"
GROUP_WIDE = "-c app.scope=group"
"""The connection option with which group-wide work meets the rows of every BU."""
WITHHELD = (
    "vault_item",
    "wechat_account",
    "component_platform",
    "component_state",
    "component_authorization",
    "component_push",
    "code_exchange",
    "login_ticket",
)
"""Tables that no request of a BU may touch at all, beside alembic's own."""

_WALLED = (BU, *BU_USERS)
# A setting made by SET LOCAL is '' afterwards, not NULL: both are nobody's. The SELECTs run once a query, not a row.
_OWN = "bu_id = (SELECT CAST(nullif(current_setting('app.bu_id', true), '') AS uuid))"
_GROUP = f"(SELECT current_setting('app.scope', true) = 'group' AND current_user <> '{ROLE}')"
_ENTER = text(
    f"SELECT set_config('role', '{ROLE}', true), set_config('app.bu_id', :bu, true), set_config('app.scope', '', true)"
)
_PARENTS = f"""
SELECT c.oid::regclass::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
  EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'bu_id' AND NOT a.attisdropped) AS bound,
  ARRAY(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid AND polname IN ('own_bu', 'group_wide')) AS policies
FROM pg_class c
WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND c.relname NOT LIKE 'alembic%' AND c.relname NOT IN {WITHHELD}
ORDER BY name
"""
_OPEN_PARTITIONS = f"""
SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind IN ('r', 'p')
AND has_table_privilege('{ROLE}', oid, 'SELECT, INSERT, UPDATE, DELETE')
"""
_THERE_ALREADY = ("42710", "23505")  # another database of this cluster made the role in the same moment
_AT_ONCE = "XX000"  # "tuple concurrently updated": two databases grant the one role at once
_NOT_ALLOWED = "42501"


class WallsNotBuilt(Exception):
    """The database login may not make what the walls stand on; says what an administrator has to run."""


def enter(session: Session, bu_id: UUID | None = None) -> None:
    """Put this transaction behind the wall of `bu_id`, or of the BU that calls; group-wide work goes on without one.

    A caller of a BU role without a BU meets no row at all.
    """
    bu = str(bu_id) if bu_id is not None else _calling()
    if bu is not None:
        session.execute(_ENTER, {"bu": bu})


def _calling() -> str | None:
    found: Caller | None = g.get("caller") if has_request_context() else None
    return None if found is None or found.role not in _WALLED else str(found.bu_id or "")


def build(connection: Connection) -> None:
    """Make the role and its grants, and the policies of every table with a `bu_id`; again, it mends what is missing.

    Raises WallsNotBuilt when the login may not make the role, or the role that is there could pass the walls.
    """
    _make_role(connection)
    if not connection.scalar(text(f"SELECT has_schema_privilege('{ROLE}', current_schema(), 'USAGE')")):
        connection.execute(
            text(f"GRANT USAGE ON SCHEMA {connection.scalar(text('SELECT current_schema()'))} TO {ROLE}")
        )
    for table in connection.execute(text(_PARENTS)).all():
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO {ROLE}"))
        if table.bound and not (table.forced and len(table.policies) == 2):
            _drop_policies(connection, table.name, table.policies)
            connection.execute(
                text(f"CREATE POLICY own_bu ON {table.name} TO {ROLE} USING ({_OWN}) WITH CHECK ({_OWN})")
            )
            connection.execute(text(f"CREATE POLICY group_wide ON {table.name} USING ({_GROUP}) WITH CHECK ({_GROUP})"))
            connection.execute(text(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"))


def tear_down(connection: Connection) -> None:
    """Take policies and grants of this database away; the role stays, as other databases of the cluster may use it."""
    for table in connection.execute(text(_PARENTS)).all():
        connection.execute(text(f"REVOKE ALL ON {table.name} FROM {ROLE}"))
        if table.policies:
            _drop_policies(connection, table.name, table.policies)
            connection.execute(
                text(f"ALTER TABLE {table.name} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
            )


def gaps(connection: Connection) -> list[str]:
    """Return what is missing of the walls, a few words each; empty when they stand."""
    role = _role_gap(connection)
    if role is not None:
        return [role]
    tables = connection.execute(text(_PARENTS)).all()
    found = [f"{t.name} has no wall" for t in tables if t.bound and not (t.forced and len(t.policies) == 2)]
    granted = "SELECT has_table_privilege(:role, :table, 'INSERT')"
    found += [
        f"{t.name} is shut to {ROLE}"
        for t in tables
        if not connection.scalar(text(granted), {"role": ROLE, "table": t.name})
    ]
    return found + [f"{name} is open to {ROLE}" for name in connection.scalars(text(_OPEN_PARTITIONS))]


def remedy(connection: Connection) -> str:
    """Return the SQL with which an administrator makes the role that the walls stand on, for this login."""
    login = connection.scalar(text("SELECT quote_ident(current_user)"))
    return f"CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS; GRANT {ROLE} TO {login};"


def _role_gap(connection: Connection) -> str | None:
    role = connection.execute(
        text(f"SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = '{ROLE}'")
    ).one_or_none()
    if role is None:
        return f"the role {ROLE} is missing"
    if role.rolsuper or role.rolbypassrls:
        return f"the role {ROLE} may bypass row security"
    # Since PostgreSQL 16 a member may be one without the right to become the role.
    right = "SET" if (connection.dialect.server_version_info or (0,)) >= (16,) else "MEMBER"
    may = connection.scalar(text(f"SELECT pg_has_role('{ROLE}', '{right}')"))
    return None if may else f"this login may not become {ROLE}"


def _make_role(connection: Connection) -> None:
    for statement in (f"CREATE ROLE {ROLE} NOLOGIN", f"GRANT {ROLE} TO CURRENT_USER"):
        if _role_gap(connection) is not None:
            _try(connection, statement)
    gap = _role_gap(connection)
    if gap is not None:
        raise WallsNotBuilt(
            f"{gap}, and this login cannot mend it: let an administrator of the database run"
            f" `{remedy(connection)}` (leave out what is there already), then run `hub db upgrade` again"
        )


def _try(connection: Connection, statement: str) -> None:
    for _ in range(20):
        try:
            with connection.begin_nested():
                connection.execute(text(statement))
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state == _AT_ONCE:
                time.sleep(0.05)
                continue
            if state not in (*_THERE_ALREADY, _NOT_ALLOWED):
                raise
        return


def _drop_policies(connection: Connection, table: str, policies: list[str]) -> None:
    for policy in policies:
        connection.execute(text(f"DROP POLICY {policy} ON {table}"))
