"""Mail events, replies, topics, split tests, lists of what is sent by hand"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


# Wakes the clock (channel `tend`) as soon as what it waits for is committed.
NOTIFY = """
CREATE TRIGGER notify AFTER INSERT ON mail_event FOR EACH STATEMENT EXECUTE FUNCTION tend_notify();
"""

# What went out before counts for the caps of the playbook, too.
HANDED_BEFORE = """
UPDATE message SET handed_at = coalesce(sent_at, queued_at)
WHERE kind = 'marketing' AND state IN ('sending', 'sent', 'unknown');
"""


def upgrade() -> None:
    op.create_table(
        "mail_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.Column("is_machine", sa.Boolean(), nullable=True),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column(
            "raw", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("mail_event_message", "mail_event", ["message_id", "at"], unique=False)
    op.create_index(
        "mail_event_uncounted",
        "mail_event",
        ["received_at", "id"],
        unique=False,
        postgresql_where=sa.text("counted_at IS NULL"),
    )
    op.create_table(
        "split_test",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column(
            "weights", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("is_holdout", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("winner", sa.String(), nullable=True),
        sa.Column("winner_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("winner_by", sa.String(), nullable=True),
        sa.Column("winner_because", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "fulfilment_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("fulfilment_entry_batch", "fulfilment_entry", ["batch"], unique=False)
    op.create_index(
        "fulfilment_entry_open",
        "fulfilment_entry",
        ["list", "id"],
        unique=False,
        postgresql_where=sa.text("handed_at IS NULL"),
    )
    op.create_index("ix_fulfilment_entry_contact_id", "fulfilment_entry", ["contact_id"], unique=False)
    op.create_table(
        "inbound_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("matched_by", sa.String(), nullable=True),
        sa.Column("from_address", sa.String(), nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("inbound_mail_contact", "inbound_mail", ["contact_id", "id"], unique=False)
    op.create_index(
        "inbound_mail_unmatched",
        "inbound_mail",
        ["id"],
        unique=False,
        postgresql_where=sa.text("contact_id IS NULL AND settled_at IS NULL"),
    )
    op.create_table(
        "split_draw",
        sa.Column("test", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("draw", sa.Float(), nullable=True),
        sa.Column(
            "weights", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["test"], ["split_test.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("test", "contact_id"),
    )
    op.create_index("split_draw_contact", "split_draw", ["contact_id"], unique=False)
    op.create_index("split_draw_test_at", "split_draw", ["test", "at"], unique=False)
    op.create_table(
        "topic_opt_out",
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", "topic"),
    )
    op.add_column(
        "message", sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("'epoch'"), nullable=False)
    )
    op.add_column("message", sa.Column("was_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("good_for", sa.Interval(), nullable=True))
    op.add_column(
        "message", sa.Column("send_window", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    )
    op.add_column("message", sa.Column("on_cap", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("subject_template", sa.String(), nullable=True))
    op.add_column("message", sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("complained_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(HANDED_BEFORE)
    op.drop_index("message_queued", table_name="message", postgresql_where="(state = 'queued'::text)")
    op.create_index(
        "message_queued",
        "message",
        [sa.literal_column("(kind = 'marketing')"), "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "message_handed",
        "message",
        ["contact_id", "handed_at"],
        unique=False,
        postgresql_where=sa.text("kind = 'marketing' AND handed_at IS NOT NULL"),
    )
    op.create_index(
        "message_handed_at",
        "message",
        ["handed_at"],
        unique=False,
        postgresql_where=sa.text("kind = 'marketing' AND handed_at IS NOT NULL"),
    )
    op.add_column("rep", sa.Column("signature", sa.String(), nullable=True))
    op.add_column("rep", sa.Column("intro_video_url", sa.String(), nullable=True))
    op.add_column(
        "task",
        sa.Column(
            "form", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="[]", nullable=False
        ),
    )
    op.add_column(
        "task",
        sa.Column(
            "answers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="{}", nullable=False
        ),
    )
    op.execute(NOTIFY)
