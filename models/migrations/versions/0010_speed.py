"""Indexes for pages that list many contacts, for follow-up at size, and for the pages of managers"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Each part by itself; none of them rewrites a table."""
    _index_tasks()
    _index_what_tells_of_leads()
    _add_index_of_people()
    _describe_names()


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
