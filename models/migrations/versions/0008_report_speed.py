"""What keeps a nightly report and its pages quick with a million contacts"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


# Whoever deletes a contact, and however, the next report knows of it without looking for those who are not there.
KEEP_NUMBER = """
CREATE FUNCTION tend_keep_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deleted_contact (contact_id) SELECT id FROM gone ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_number AFTER DELETE ON contact REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION tend_keep_number();
-- Those who went since the last report.
INSERT INTO deleted_contact (contact_id)
SELECT DISTINCT contact_id FROM kpi_stage_spell s
WHERE known_until IS NULL AND until_at IS NULL AND NOT EXISTS (SELECT FROM contact WHERE contact.id = s.contact_id);
"""


def upgrade() -> None:
    """Sums over months: the next report fills them, and pages add up days until then."""
    op.add_column("kpi_daily", sa.Column("amount_squares", sa.Numeric(precision=32, scale=4), nullable=True))
    op.add_column("kpi_run", sa.Column("totals_through", sa.Date(), nullable=True))
    for name in ("first_touches", "last_touches"):
        op.add_column("kpi_message", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("kpi_forecast", sa.Column("rate_factor", sa.Float(), nullable=True))
    _create_kpi_monthly()
    _create_kpi_cohort_total()
    _create_kpi_wait()
    _create_kpi_field()
    _create_deleted_contact()


def _identity() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _text(name: str, *, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def _versions() -> tuple[Any, ...]:
    known_from = sa.Column("known_from", sa.DateTime(timezone=True), nullable=False)
    known_until = sa.Column("known_until", sa.DateTime(timezone=True), nullable=True)
    return known_from, known_until, sa.PrimaryKeyConstraint("id")


def _create_kpi_monthly() -> None:
    op.create_table(
        "kpi_monthly",
        _identity(),
        sa.Column("month", sa.Date(), nullable=False),
        _text("measure"),
        _text("dimension"),
        _number("team_id"),
        _text("member", default=""),
        _text("currency", default=""),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("value", sa.Numeric(), nullable=True),
        *_versions(),
    )
    _index("kpi_monthly", "dimension", "measure", "month", "team_id", "member", "currency", sums="count amount value")


def _create_kpi_cohort_total() -> None:
    op.create_table(
        "kpi_cohort_total",
        _identity(),
        _text("span"),
        _text("dated"),
        sa.Column("day", sa.Date(), nullable=False),
        _text("begin"),
        _text("goal"),
        _text("dimension"),
        _number("team_id"),
        _text("member", default=""),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        *_versions(),
    )
    key = ("dimension", "dated", "span", "begin", "goal", "day", "team_id", "member")
    _index("kpi_cohort_total", *key, sums="count after days")


def _create_kpi_wait() -> None:
    op.create_table(
        "kpi_wait",
        _identity(),
        sa.Column("month", sa.Date(), nullable=False),
        _number("team_id"),
        _number("rep_id"),
        sa.Column("requests", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.LargeBinary(), nullable=False)
            for name in (
                *("contact", "contact_working", "no_contact", "talk", "talk_working", "no_talk"),
                *("by_hour", "soon_by_hour"),
            )
        ),
        *_versions(),
    )
    _index("kpi_wait", "month", "team_id", "rep_id")


def _create_kpi_field() -> None:
    op.create_table(
        "kpi_field",
        _identity(),
        sa.Column("day", sa.Date(), nullable=False),
        _number("team_id"),
        _text("field"),
        _text("value"),
        sa.Column("is_erased", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        *_versions(),
    )
    _index("kpi_field", "team_id", "day", "field", "value", "is_erased", sums="leads customers")
    op.create_index("kpi_field_day", "kpi_field", ["day"], postgresql_where=sa.text("known_until IS NULL"))


def _create_deleted_contact() -> None:
    op.create_table(
        "deleted_contact",
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("contact_id"),
    )
    op.execute(KEEP_NUMBER)


def _index(table: str, *key: str, sums: str = "") -> None:
    op.create_index(
        f"{table}_now",
        table,
        list(key),
        unique=True,
        postgresql_include=sums.split() or None,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index(f"{table}_past", table, ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL"))
