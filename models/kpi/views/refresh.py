"""The views are as the code says: made anew when it changed, with the rights of whoever may read them."""

from hashlib import sha256

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from models.kpi.views.counts import COUNTS
from models.kpi.views.kpis import KPI_VIEWS
from models.kpi.views.results import RESULTS
from models.kpi.views.view import View, quoted

VIEWS: tuple[View, ...] = (*COUNTS, *KPI_VIEWS, *RESULTS)

DIGEST = text("SELECT obj_description(to_regclass(:name), 'pg_class')")
MARK = "Version "
"""Stands in the comment of the last view, before the digest of all."""

GRANTS = text("""
-- Who else may do what with a view.
SELECT quote_ident(grantee.rolname) AS role, acl.privilege_type AS right
FROM pg_class view, aclexplode(view.relacl) acl JOIN pg_roles grantee ON grantee.oid = acl.grantee
WHERE view.oid = to_regclass(:name) AND acl.grantee <> view.relowner
UNION ALL
SELECT 'PUBLIC', acl.privilege_type FROM pg_class view, aclexplode(view.relacl) acl
WHERE view.oid = to_regclass(:name) AND acl.grantee = 0
""")


def refresh_views(connection: Connection) -> bool:
    """Make the views as they are defined; False where they were so already. The caller commits.

    A view keeps its rights. One whose columns changed is dropped and made again, which Postgres refuses while another
    view reads it.
    """
    digest = _digest()
    if (connection.execute(DIGEST, {"name": VIEWS[-1].name}).scalar() or "").endswith(digest):
        return False
    for view in VIEWS:
        _replace(connection, view)
        _run(connection, _comments(view, digest if view is VIEWS[-1] else ""))
    return True


def _replace(connection: Connection, view: View) -> None:
    create = f'CREATE OR REPLACE VIEW "{view.name}" AS {view.select}'
    try:
        with connection.begin_nested():
            _run(connection, create)
    except ProgrammingError:
        rights = connection.execute(GRANTS, {"name": view.name}).all()
        _run(connection, f'DROP VIEW IF EXISTS "{view.name}"')
        _run(connection, create)
        for role, right in rights:
            _run(connection, f'GRANT {right} ON "{view.name}" TO {role}')


def _comments(view: View, digest: str) -> str:
    about = f"{view.about} {MARK}{digest}" if digest else view.about
    comments = [f'COMMENT ON VIEW "{view.name}" IS {quoted(about)}']
    comments += [
        f'COMMENT ON COLUMN "{view.name}"."{column}" IS {quoted(words)}' for column, words in view.columns.items()
    ]
    return "; ".join(comments)


def _digest() -> str:
    return sha256(repr(VIEWS).encode()).hexdigest()[:16]


def _run(connection: Connection, sql: str) -> None:
    """The driver takes a lone percent sign for a placeholder."""
    connection.exec_driver_sql(sql.replace("%", "%%"))
