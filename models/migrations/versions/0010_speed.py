"""Indexes for pages that list many contacts, for follow-up at size, for the pages of managers and of reports"""

import sqlalchemy as sa
from alembic import op

from models.search import SEARCH_TEXT

revision = "0010"
down_revision = "0009"

NUMBERS = ("contact", "contact_working", "no_contact", "talk", "talk_working", "no_talk", "by_hour", "soon_by_hour")

READ_BY_INDEX = ("kpi_cohort", "kpi_cohort_total", "kpi_daily", "kpi_fact", "kpi_funnel", "kpi_stage_spell")


# What of a lead the audit keeps, such as the name that was changed, goes with the lead, whoever deletes it.
FORGET_CHANGES = """
CREATE FUNCTION tend_forget_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE audit SET data = data - 'changed' WHERE contact_id = OLD.id AND data ? 'changed';
    RETURN OLD;
END $$;
CREATE TRIGGER forget_changes BEFORE DELETE ON contact FOR EACH ROW EXECUTE FUNCTION tend_forget_changes();
"""


def upgrade() -> None:
    """Each part by itself; none of them rewrites a table."""
    _index_tasks()
    _index_what_tells_of_leads()
    op.execute(FORGET_CHANGES)
    _add_index_of_people()
    _describe_names()
    _gather_requests_by_day()
    _widen_index_of_stalled()
    _vacuum_after_a_night()
    _quicken_search()


def _index_tasks() -> None:
    """What is open is counted and ranked without its rows; what was done, within a time."""
    is_open, was_closed = sa.text("done_at IS NULL AND closed_at IS NULL"), sa.text("closed_at IS NOT NULL")
    op.drop_index("task_due", "task")
    op.create_index(
        "task_due",
        "task",
        ["due_at", "id"],
        postgresql_include=["contact_id", "rep_id", "kind", "name", "delegated_at"],
        postgresql_where=is_open,
    )
    op.create_index("task_of_rep", "task", ["rep_id", "done_at"])
    op.drop_index("ix_task_rep_id", "task")
    op.create_index("task_closed", "task", ["rep_id", "closed_at"], postgresql_where=was_closed)


def _index_what_tells_of_leads() -> None:
    op.create_index("order_placed", "order", ["placed_at"])
    was_closed, was_asked = sa.text("closed_at IS NOT NULL"), sa.text("asked_at IS NOT NULL")
    op.create_index("opportunity_closed", "opportunity", ["closed_at"], postgresql_where=was_closed)
    op.create_index("feedback_request_asked", "feedback_request", ["rep_id", "asked_at"], postgresql_where=was_asked)


def _add_index_of_people() -> None:
    """What people wrote and whom they called, without a walk through all events of a contact."""
    of_people = "name IN ('note_added', 'call_connected', 'call_tried', 'task_snoozed', 'task_delegated')"
    op.create_index("event_of_people", "event", ["contact_id", "id"], postgresql_where=sa.text(of_people))


def _describe_names() -> None:
    """So that the planner knows how few contacts the beginning of a list by name holds."""
    op.execute("""
        CREATE STATISTICS contact_by_name ON (lower(coalesce(last_name, first_name, company, email, ''))) FROM contact;
        ANALYZE contact;
    """)


def _gather_requests_by_day() -> None:
    """The next report does it; pages read requests one by one until then."""
    op.create_table(
        "kpi_wait_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in ("team_id", "rep_id")),
        sa.Column("requests", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in NUMBERS),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    key, now, before = ["day", "team_id", "rep_id"], sa.text("known_until IS NULL"), sa.text("known_until IS NOT NULL")
    op.create_index("kpi_wait_day_now", "kpi_wait_day", key, unique=True, postgresql_where=now)
    op.create_index("kpi_wait_day_past", "kpi_wait_day", ["known_until"], postgresql_where=before)
    op.add_column("kpi_run", sa.Column("has_day_waits", sa.Boolean(), server_default=sa.false(), nullable=False))


def _widen_index_of_stalled() -> None:
    """Of millions that were stalled, those of one day are found without their rows."""
    op.drop_index("kpi_stage_spell_stalled", "kpi_stage_spell")
    op.create_index(
        "kpi_stage_spell_stalled",
        "kpi_stage_spell",
        ["entered_at", "id"],
        postgresql_include=["from_at", "until_at"],
        postgresql_where=sa.text("known_until IS NULL AND is_stalled"),
    )


def _vacuum_after_a_night() -> None:
    """Indexes hold what pages read, but Postgres goes to the rows as well until a vacuum has seen them: by its own rule
    a fifth of a table has to be new first, which are months of nights.
    """
    for table in READ_BY_INDEX:
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_insert_scale_factor = 0,"
            " autovacuum_vacuum_insert_threshold = 1000)"
        )


def _quicken_search() -> None:
    """What the search costs each lead. The same texts as before, so the index of names stays as it is."""
    op.execute(sa.text(SEARCH_TEXT))
    op.execute("""
        SET LOCAL maintenance_work_mem = '256MB';
        DROP INDEX identifier_search, identifier_phone;
        CREATE INDEX identifier_search ON identifier USING gin (value gin_trgm_ops) WHERE kind <> 'phone';
        CREATE INDEX identifier_phone ON identifier (value) INCLUDE (contact_id) WHERE kind = 'phone';
    """)
