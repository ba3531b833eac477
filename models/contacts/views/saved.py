"""Views of the list of contacts that somebody saved: a condition, an order and columns under a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json

MOST = 200
"""Views that one person sees."""

VIEWS = text("""
SELECT id, name, condition, search, sort, columns, login_id, made_by, is_shared FROM saved_view
WHERE (is_shared OR login_id IS NOT DISTINCT FROM CAST(:login AS bigint)) AND (CAST(:id AS bigint) IS NULL OR id = :id)
ORDER BY lower(name), id LIMIT :most
""")

# Saved under a name that is there already, it is the same view, changed.
SAVE = text("""
INSERT INTO saved_view (name, condition, search, sort, columns, login_id, made_by, is_shared, saved_at)
VALUES (:name, :condition, :search, :sort, CAST(:columns AS jsonb), :login, :by, :shared, :now)
ON CONFLICT (coalesce(login_id, 0), lower(name)) DO UPDATE SET
    name = excluded.name, condition = excluded.condition, search = excluded.search, sort = excluded.sort,
    columns = excluded.columns, made_by = excluded.made_by, is_shared = excluded.is_shared, saved_at = excluded.saved_at
RETURNING id
""")

DELETE = text("""
DELETE FROM saved_view WHERE id = :id
  AND (login_id IS NOT DISTINCT FROM CAST(:login AS bigint) OR (is_shared AND :may_all)) RETURNING name
""")


@dataclass(frozen=True)
class View:
    """A saved view."""

    id: int
    name: str
    condition: str
    search: str
    sort: str
    columns: Sequence[str]
    login_id: int | None
    made_by: str
    is_shared: bool


@dataclass(frozen=True, kw_only=True)
class NewView:
    """A view as somebody saves it."""

    name: str
    condition: str
    search: str
    sort: str
    columns: Sequence[str]
    is_shared: bool


def read_views(connection: Connection, login_id: int | None) -> list[View]:
    """Those that somebody sees: their own and the shared ones, by name. Who has no login sees those of all such."""
    return [View(*row) for row in connection.execute(VIEWS, {"login": login_id, "id": None, "most": MOST})]


def read_view(connection: Connection, view_id: int, login_id: int | None) -> View | None:
    """One of them; None when it is not there, or somebody else's alone."""
    row = connection.execute(VIEWS, {"login": login_id, "id": view_id, "most": 1}).one_or_none()
    return View(*row) if row else None


def save_view(connection: Connection, view: NewView, login_id: int | None, by: str, now: datetime) -> int:
    """Save it, in the place of one of theirs that has the same name; gives its number. The caller commits."""
    values = {"name": view.name, "condition": view.condition, "search": view.search, "sort": view.sort}
    values |= {"columns": to_json(list(view.columns)), "login": login_id, "by": by, "now": now}  # type: ignore[dict-item]
    return int(connection.execute(SAVE, values | {"shared": view.is_shared}).scalar_one())


def delete_view(connection: Connection, view_id: int, login_id: int | None, *, may_all: bool) -> str | None:
    """Delete one of theirs, or with `may_all` a shared one; gives its name, None when nothing was deleted."""
    values = {"id": view_id, "login": login_id, "may_all": may_all}
    return connection.execute(DELETE, values).scalar_one_or_none()
