"""Identifiers, merges, values that could not be read, consent with its proof, and events that were told late"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

IDENTIFIERS = """
INSERT INTO identifier (contact_id, kind, value, source, first_seen_at, last_seen_at)
SELECT DISTINCT id, kind, value, source, created_at, updated_at FROM contact,
LATERAL (VALUES ('email', email), ('phone', phone), ('phone', mobile_phone), ('source_key', source_key))
    AS given (kind, value)
WHERE value IS NOT NULL
"""

CONSENT = """
INSERT INTO consent (contact_id, is_given, at, received_at, source, is_dated)
SELECT id, true, consent_at, consent_at, source, false FROM contact WHERE consent_at IS NOT NULL
"""

CHOICES = """
INSERT INTO consent (contact_id, is_given, at, received_at, source, event_id)
SELECT contact_id, name = 'resubscribed', at, received_at, source, id
FROM event WHERE name IN ('unsubscribed', 'resubscribed') ORDER BY id
"""

HISTORY = """
-- What comes late and has not been reacted to yet.
UPDATE event SET is_history = true WHERE reacted_at IS NULL AND at < received_at - interval '2 days'
"""


def upgrade() -> None:
    op.add_column("contact", sa.Column("phone_extension", sa.String(), nullable=True))
    op.add_column("event", sa.Column("is_history", sa.Boolean(), server_default="false", nullable=False))
    _create_identifier()
    _create_contact_merge()
    _create_identity_conflict()
    _create_unread_value()
    _create_consent()
    _create_form_post()
    _add_holding_of_leads()
    _add_alerts_of_rejected_leads()
    _create_likely_duplicate()
    _index_contacts()
    _create_repeated_request()
    _add_refunds()
    op.execute(IDENTIFIERS)
    # A contact may have several of them, and people without an email may share a number.
    op.drop_column("contact", "source_key")
    op.drop_index("contact_phone_alone", "contact")
    op.execute(CONSENT)
    op.execute(CHOICES)
    op.execute(HISTORY)


def _create_likely_duplicate() -> None:
    op.create_table(
        "likely_duplicate",
        _number(),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "reasons", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("likelihood", sa.Integer(), nullable=False),
        _moment("found_at"),
        _moment("decided_at", nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contact_id", "other_id", name="likely_duplicate_pair"),
        sa.CheckConstraint("contact_id < other_id", name="likely_duplicate_order"),
    )
    op.create_index("ix_likely_duplicate_other_id", "likely_duplicate", ["other_id"])
    undecided = sa.text("decided_at IS NULL")
    order = [sa.text("likelihood DESC"), sa.text("id")]
    op.create_index("likely_duplicate_open", "likely_duplicate", order, postgresql_where=undecided)


def _index_contacts() -> None:
    """A contact that is merged is deleted, and each table that points at contacts is asked for it."""
    op.create_index("ix_activity_contact_id", "activity", ["contact_id"])
    op.create_index("ix_placement_contact_id", "placement", ["contact_id"])


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_identifier() -> None:
    op.create_table(
        "identifier",
        _number(),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        _moment("first_seen_at"),
        _moment("last_seen_at"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contact_id", "kind", "value", name="identifier_of_contact"),
    )
    unshared = sa.text("kind <> 'phone'")
    op.create_index("identifier_held", "identifier", ["kind", "value"], unique=True, postgresql_where=unshared)
    op.create_index("identifier_phone", "identifier", ["value"], postgresql_where=sa.text("kind = 'phone'"))


def _create_contact_merge() -> None:
    op.create_table(
        "contact_merge",
        _number(),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("merged_by", sa.String(), nullable=False),
        _moment("merged_at"),
        _moment("separated_at", nullable=True),
        sa.Column("separated_by", sa.String(), nullable=True),
        sa.Column(
            "trace", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contact_merge_kept_id", "contact_merge", ["kept_id"])
    op.create_index("ix_contact_merge_merged_id", "contact_merge", ["merged_id"])


def _create_identity_conflict() -> None:
    op.create_table(
        "identity_conflict",
        _number(),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("held_by_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        _moment("found_at"),
        _moment("decided_at", nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["held_by_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_identity_conflict_contact_id", "identity_conflict", ["contact_id"])
    op.create_index("ix_identity_conflict_held_by_id", "identity_conflict", ["held_by_id"])
    op.create_index(
        "identity_conflict_open",
        "identity_conflict",
        ["contact_id", "held_by_id", "kind", "value"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )


def _create_unread_value() -> None:
    op.create_table(
        "unread_value",
        _number(),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("expected", sa.String(), nullable=False),
        _moment("received_at"),
        _moment("repaired_at", nullable=True),
        sa.Column("repaired_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_unread_value_contact_id", "unread_value", ["contact_id"])
    op.create_index("unread_value_open", "unread_value", ["id"], postgresql_where=sa.text("repaired_at IS NULL"))


def _create_consent() -> None:
    op.create_table(
        "consent",
        _number(),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        _moment("at"),
        _moment("received_at"),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("page", sa.String(), nullable=True),
        sa.Column("network_address", sa.String(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("is_dated", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("needs_confirmation", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("message_key", sa.String(), nullable=True),
        _moment("confirmed_at", nullable=True),
        sa.Column("confirmed_from", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_of_contact", "consent", ["contact_id", "at"])


def _add_refunds() -> None:
    op.add_column("order", sa.Column("amount_from", sa.String(), server_default="the order", nullable=False))
    op.add_column("order", sa.Column("refunded", sa.Numeric(14, 2), server_default="0", nullable=False))
    about_orders = sa.text("name IN ('order_cancelled', 'order_refunded')")
    op.create_index("event_about_orders", "event", ["contact_id"], postgresql_where=about_orders)
    reference = sa.text("(data ->> 'reference')")
    op.create_index("event_order_reference", "event", [reference], postgresql_where=about_orders)


def _create_form_post() -> None:
    op.create_table(
        "form_post",
        _number(),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("form_post_key", "form_post", ["key", "at"])
    op.create_index("form_post_at", "form_post", ["at"])


def _add_alerts_of_rejected_leads() -> None:
    op.add_column("rejected_lead", sa.Column("query", sa.String(), nullable=True))
    op.add_column("rejected_lead", _moment("alerted_at", nullable=True))
    waiting = sa.text("repaired_at IS NULL AND alerted_at IS NULL")
    op.create_index("rejected_lead_alert", "rejected_lead", ["received_at"], postgresql_where=waiting)
    held = sa.text("held_reason IS NOT NULL")
    op.create_index("rejected_lead_held_alerted", "rejected_lead", ["alerted_at"], postgresql_where=held)


def _add_holding_of_leads() -> None:
    op.add_column("rejected_lead", sa.Column("held_reason", sa.String(), nullable=True))
    op.add_column("rejected_lead", sa.Column("network_address", sa.String(), nullable=True))
    op.add_column("rejected_lead", sa.Column("is_spam", sa.Boolean(), server_default="false", nullable=False))
    answered = sa.text("kind = 'transactional' AND handed_at IS NOT NULL")
    op.create_index("message_answered", "message", ["contact_id", "handed_at"], postgresql_where=answered)


def _create_repeated_request() -> None:
    op.create_table(
        "repeated_request",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        _moment("answered_at", nullable=True),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id"),
    )
    unanswered = sa.text("answered_at IS NULL")
    op.create_index("repeated_request_open", "repeated_request", ["event_id"], postgresql_where=unanswered)
    by_task = sa.text("task_id IS NOT NULL")
    op.create_index("repeated_request_task", "repeated_request", ["task_id"], postgresql_where=by_task)
