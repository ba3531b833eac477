"""Pauses of sending, mails that are handed over, decisions on bounces, corrected replies, sessions, landmarks"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


RETIRED_MODELS = """
-- What was trained before knew the outcome. Its columns that were left out by hand stay; it is trained anew tonight.
UPDATE prediction_model SET document = jsonb_build_object(
    'landmarks', '[]'::jsonb, 'too_few', '[]'::jsonb, 'undecided', 0, 'proposed', '', 'is_kept_by_hand', false,
    'horizon_days', document -> 'horizon_days', 'leave_out', document -> 'leave_out')
"""

RETIRED_PROBABILITIES = """
UPDATE contact SET probability = NULL, probability_reasons = NULL WHERE probability IS NOT NULL
"""


def upgrade() -> None:
    _create_sending_pause()
    _create_ops_session()
    _predict_by_landmarks()
    _add_bounce_decisions()
    _add_hand_over()
    _add_inbound_corrections()


def _add_inbound_corrections() -> None:
    op.add_column("inbound_mail", sa.Column("suppressed_before", sa.String(), nullable=True))
    op.add_column("inbound_mail", _moment("opted_out_at", nullable=True))
    op.add_column("consent", _moment("mistaken_at", nullable=True))
    op.create_table(
        "inbound_correction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inbound_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_for", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        _moment("at"),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound_mail.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_inbound_correction_inbound_id", "inbound_correction", ["inbound_id"])


def _add_bounce_decisions() -> None:
    op.add_column("mail_event", sa.Column("meaning", sa.String(), nullable=True))
    op.add_column("mail_event", _moment("decide_at", nullable=True))
    op.add_column("mail_event", sa.Column("decision", sa.Text(), nullable=True))
    for name, column, condition in (
        ("mail_event_refused", "at", "meaning IS NOT NULL"),
        ("mail_event_undecided", "decide_at", "decide_at IS NOT NULL"),
        ("mail_event_held", "id", "decision = 'held'"),
    ):
        op.create_index(name, "mail_event", [column], postgresql_where=sa.text(condition))
    op.drop_index("message_handed_at", table_name="message")
    op.create_index("message_handed_at", "message", ["handed_at"], postgresql_where=sa.text("handed_at IS NOT NULL"))


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
        _moment("retry_at", nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
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


def _predict_by_landmarks() -> None:
    op.add_column("contact", sa.Column("probability_day", sa.Integer(), nullable=True))
    op.execute(RETIRED_MODELS)
    op.execute(RETIRED_PROBABILITIES)


def _add_hand_over() -> None:
    is_handed_over: sa.Column[bool] = sa.Column("is_handed_over", sa.Boolean(), server_default="false", nullable=False)
    op.add_column("message", is_handed_over)
    # Until now a message was `sending` from when it was taken, so each of these may have gone out.
    op.execute("UPDATE message SET is_handed_over = true WHERE state = 'sending'")
