"""Scores that decay, routers with weights, offers, follow-ups"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


# Wakes the clock (channel `tend`) as soon as the rows that it waits for are committed.
NOTIFY = """
CREATE TRIGGER notify AFTER INSERT OR UPDATE ON placement FOR EACH STATEMENT EXECUTE FUNCTION tend_notify();
CREATE TRIGGER notify AFTER INSERT OR UPDATE ON offer FOR EACH STATEMENT EXECUTE FUNCTION tend_notify();
CREATE TRIGGER notify AFTER INSERT OR UPDATE ON absence FOR EACH STATEMENT EXECUTE FUNCTION tend_notify();
CREATE TRIGGER notify AFTER INSERT ON follow_up FOR EACH STATEMENT EXECUTE FUNCTION tend_notify();
"""

# Scores that were sums until now begin to decay: an old day makes the next night count them anew.
SCORES_DECAY = """
UPDATE contact SET scored_on = e.day
FROM (SELECT contact_id, min(day) AS day FROM score_entry GROUP BY contact_id) e WHERE e.contact_id = contact.id
"""


# As models/tables/event.py defines it now.
OWN_ACTION = """
    name IN ('form_submitted', 'link_clicked', 'page_visited', 'replied', 'offer_requested', 'call_connected',
             'order_placed')
    AND data ->> 'is_machine' IS DISTINCT FROM 'true'
"""


def upgrade() -> None:
    op.create_table(
        "candidate_set",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("router", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "candidates",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("candidate_set_router", "candidate_set", ["router", "id"], unique=False)
    op.create_table(
        "prediction_model",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "document", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["rep_id"], ["rep.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_absence_rep_id"), "absence", ["rep_id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("previous_rep_id", sa.BigInteger(), nullable=True),
        sa.Column("router", sa.String(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("draw", sa.Float(), nullable=True),
        sa.Column("candidate_set_id", sa.BigInteger(), nullable=True),
        sa.Column("received", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["rep_id"],
            ["rep.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("assignment_rep", "assignment", ["rep_id", "at"], unique=False)
    op.create_index("assignment_router", "assignment", ["router", "number"], unique=False)
    op.create_index("assignment_received", "assignment", ["router", "rep_id", "received"], unique=False)
    op.create_index(op.f("ix_assignment_contact_id"), "assignment", ["contact_id"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alarm_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index(
        "follow_up_alarm", "follow_up", ["alarm_at"], unique=False, postgresql_where=sa.text("alarm_at IS NOT NULL")
    )
    op.create_index(
        "follow_up_open",
        "follow_up",
        ["contact_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("connected_at IS NULL"),
    )
    op.create_index("follow_up_rep", "follow_up", ["rep_id", "received_at"], unique=False)
    op.create_index(op.f("ix_follow_up_contact_id"), "follow_up", ["contact_id"], unique=False)
    op.create_table(
        "placement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("router", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("lasts", sa.Integer(), nullable=True),
        sa.Column("anew", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("must_be_given", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rep_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "placement_open", "placement", ["contact_id"], unique=True, postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_index(
        "placement_try", "placement", ["try_at"], unique=False, postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("placement_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=True),
        sa.Column("draw", sa.Float(), nullable=True),
        sa.Column("candidate_set_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["placement_id"], ["placement.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["rep_id"],
            ["rep.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_offer_contact_id"), "offer", ["contact_id"], unique=False)
    op.create_index(
        "offer_accepted", "offer", ["placement_id"], unique=True, postgresql_where=sa.text("answer = 'accepted'")
    )
    op.create_index("offer_expires", "offer", ["expires_at"], unique=False, postgresql_where=sa.text("answer IS NULL"))
    op.create_index("offer_open", "offer", ["placement_id"], unique=True, postgresql_where=sa.text("answer IS NULL"))
    op.create_index("offer_rep", "offer", ["rep_id", "offered_at"], unique=False)
    op.add_column("contact", sa.Column("product", sa.String(), nullable=True))
    op.add_column("contact", sa.Column("latitude", sa.Float(), nullable=True))
    op.add_column("contact", sa.Column("longitude", sa.Float(), nullable=True))
    op.add_column("contact", sa.Column("scored_on", sa.Date(), nullable=True))
    op.add_column("contact", sa.Column("mql_level_by", sa.String(), nullable=True))
    op.add_column("contact", sa.Column("probability", sa.Numeric(precision=5, scale=4), nullable=True))
    op.add_column(
        "contact",
        sa.Column("probability_because", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column("rep", sa.Column("time_zone", sa.String(), nullable=True))
    op.add_column("rep", sa.Column("hours", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True))
    op.add_column("rep", sa.Column("most_a_day", sa.Integer(), nullable=True))
    op.add_column("rep", sa.Column("most_open", sa.Integer(), nullable=True))
    op.add_column("rep", sa.Column("latitude", sa.Float(), nullable=True))
    op.add_column("rep", sa.Column("longitude", sa.Float(), nullable=True))
    op.add_column("router", sa.Column("kind", sa.String(), server_default="round robin", nullable=False))
    op.add_column("router", sa.Column("seed", sa.String(), server_default="", nullable=False))
    op.add_column("router", sa.Column("given", sa.BigInteger(), server_default="0", nullable=False))
    op.drop_column("router", "last_rep_id")
    op.add_column("router_member", sa.Column("weight", sa.Integer(), server_default="1", nullable=False))
    op.add_column("router_member", sa.Column("preferred", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("router_member", sa.Column("credit", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("score_entry", sa.Column("rule", sa.String(), nullable=True))
    op.add_column("score_entry", sa.Column("slot", sa.String(), nullable=True))
    op.add_column("score_entry", sa.Column("event_id", sa.BigInteger(), nullable=True))
    op.add_column("score_entry", sa.Column("decays", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("score_entry", sa.Column("day", sa.Date(), nullable=True))
    op.execute("UPDATE score_entry SET day = (at AT TIME ZONE 'UTC')::date")
    op.alter_column("score_entry", "day", nullable=False)
    op.add_column("score_entry", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "score_entry_once",
        "score_entry",
        ["contact_id", "rule", "slot"],
        unique=True,
        postgresql_where=sa.text("rule IS NOT NULL AND withdrawn_at IS NULL"),
    )
    op.add_column("team", sa.Column("partner", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("team", sa.Column("time_zone", sa.String(), nullable=True))
    op.add_column("team", sa.Column("end_of_day", sa.String(), server_default="18:00", nullable=False))
    op.create_table(
        "postal_area",
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("country", "code"),
    )
    op.alter_column("message", "contact_id", nullable=True)
    op.create_index("event_own_action", "event", ["contact_id", "at"], postgresql_where=sa.text(OWN_ACTION))
    op.execute(SCORES_DECAY)
    op.execute(NOTIFY)
