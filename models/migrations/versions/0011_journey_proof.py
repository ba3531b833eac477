"""Versions of journeys' code, with their maps"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("journey_run", sa.Column("version", sa.String(), nullable=True))
    _add_test_mode()
    _create_versions()
    _create_step_counts()


def _add_test_mode() -> None:
    op.add_column("message", sa.Column("redirected_to", sa.String(), nullable=True))
    # Mail to a test address counts no more when its contact is erased than it did before.
    keep_counts = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('tend_keep_counts'::regproc)"))
    op.execute(
        keep_counts.replace("AND m.sent_at IS NOT NULL;", "AND m.sent_at IS NOT NULL AND m.redirected_to IS NULL;")
    )


def _create_versions() -> None:
    op.create_table(
        "journey_version",
        sa.Column("journey", sa.String(), primary_key=True),
        sa.Column("version", sa.String(), primary_key=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=True),
        sa.Column("places", JSONB(none_as_null=True), server_default="{}", nullable=False),
        sa.Column("drawing", sa.String(), nullable=False),
        sa.Column("first_deployed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.create_index(
        "journey_version_current", "journey_version", ["journey"], unique=True, postgresql_where=sa.text("is_current")
    )


def _create_step_counts() -> None:
    op.create_table(
        "journey_step_count",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("journey", sa.String(), primary_key=True),
        sa.Column("verb", sa.String(), primary_key=True),
        sa.Column("step", sa.String(), primary_key=True),
        sa.Column("answer", sa.String(), primary_key=True),
        sa.Column("stay", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer(), nullable=False),
    )
