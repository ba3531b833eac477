"""Pauses of sending"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _create_sending_pause()
    _create_ops_session()


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_sending_pause() -> None:
    op.create_table(
        "sending_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        _moment("began_at"),
        _moment("ended_at", nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    is_open = sa.text("ended_at IS NULL")
    op.create_index("sending_pause_open", "sending_pause", ["scope"], unique=True, postgresql_where=is_open)


def _create_ops_session() -> None:
    op.create_table(
        "ops_session",
        sa.Column("digest", sa.String(), nullable=False),
        _moment("opened_at"),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("digest"),
    )
