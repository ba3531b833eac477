"""The places where people work: salespeople's work list, feedback on leads, named logins, saved views"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _add_my_work()


def _add_my_work() -> None:
    op.add_column("rep", sa.Column("link_number", sa.Integer(), server_default="0", nullable=False))
    op.add_column("rep", sa.Column("link_renewed_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("emit_at", "delegated_at"):
        op.add_column("task", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name, default in (("report", "{}"), ("report_keys", "[]"), ("mails", "{}")):
        op.add_column("task", sa.Column(name, JSONB(none_as_null=True), server_default=default, nullable=False))
    is_open = sa.text("done_at IS NULL AND closed_at IS NULL")
    op.create_index("task_open_of_rep", "task", ["rep_id"], postgresql_where=is_open)
    op.create_index("task_to_tell", "task", ["emit_at"], postgresql_where=sa.text("emit_at IS NOT NULL"))


def downgrade() -> None:
    _remove_my_work()


def _remove_my_work() -> None:
    op.drop_index("task_to_tell", "task")
    op.drop_index("task_open_of_rep", "task")
    for name in ("emit_at", "delegated_at", "report", "report_keys", "mails"):
        op.drop_column("task", name)
    for name in ("link_number", "link_renewed_at"):
        op.drop_column("rep", name)
