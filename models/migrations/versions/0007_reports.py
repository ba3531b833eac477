"""What is reported: facts, the KPI tables and their runs; opportunities; managers and regions of teams"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0007"
down_revision = "0006"


# Whoever is erased leaves what is counted of mails, steps and holdouts, in numbers and names of ours alone. It goes
# before the rows themselves, whoever deletes the contact and however.
KEEP_COUNTS = """
CREATE FUNCTION tend_keep_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO erased_message (id, contact_id, kind, template, journey, variant, sent_at, delivered_at, opened_at,
                                clicked_at, bounced_at, complained_at, bot_opened, bot_clicked, unsubscribed,
                                is_reported, answers, opted_out_at)
    SELECT m.id, m.contact_id, m.kind, m.template, coalesce(r.journey, ''), coalesce(s.fact ->> 'subject', ''),
           m.sent_at, m.delivered_at, m.opened_at, m.clicked_at, m.bounced_at, m.complained_at, told.bot_opened,
           told.bot_clicked, told.unsubscribed, told.is_reported, coalesce(answer.kinds, '{}'), opt_out.at
    FROM message m
    LEFT JOIN journey_run r ON r.id = m.run_id
    LEFT JOIN step s ON r.journey IN (SELECT journey FROM split_test WHERE name LIKE '% subject')
      AND s.run_id = m.run_id AND s.number = CASE WHEN m.key ~ '^[0-9]+:[0-9]{1,9}$'
                                                  THEN split_part(m.key, ':', 2)::int END
    CROSS JOIN LATERAL (
        SELECT bool_or(e.kind = 'opened' AND e.is_machine) AS bot_opened,
               bool_or(e.kind = 'clicked' AND e.is_machine) AS bot_clicked,
               bool_or(e.kind = 'unsubscribed') AS unsubscribed,
               bool_or(e.kind IN ('processed', 'delivered')) AS is_reported
        FROM mail_event e WHERE e.message_id = m.id) told
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT i.kind) AS kinds FROM inbound_mail i
        WHERE i.contact_id = OLD.id AND i.message_id = m.id) answer
    CROSS JOIN LATERAL (
        SELECT min(e.at) AS at FROM event e
        WHERE e.contact_id = OLD.id AND e.name = 'unsubscribed' AND e.source = 'unsubscribe' AND e.at >= m.sent_at
          AND NOT EXISTS (
              SELECT FROM message later
              WHERE later.contact_id = OLD.id AND later.state = 'sent'
                AND later.kind IN ('marketing', 'transactional')
                AND (later.sent_at, later.id) > (m.sent_at, m.id) AND later.sent_at <= e.at)) opt_out
    WHERE m.contact_id = OLD.id AND m.state = 'sent' AND m.kind IN ('marketing', 'transactional')
      AND m.sent_at IS NOT NULL;

    INSERT INTO erased_run (id, contact_id, journey, started_at, ending)
    SELECT id, contact_id, journey, started_at, ending FROM journey_run WHERE contact_id = OLD.id;

    INSERT INTO erased_step (run_id, number, verb, name, at, asked_at)
    SELECT s.run_id, s.number, s.verb, s.name, s.at, coalesce(t.created_at, s.at)
    FROM journey_run r JOIN step s ON s.run_id = r.id
    LEFT JOIN task t ON s.verb = 'task' AND t.run_id = s.run_id AND t.number = s.number
    WHERE r.contact_id = OLD.id;

    INSERT INTO erased_draw (test, contact_id, variant, how, weights, at)
    SELECT d.test, d.contact_id, d.variant, d.how, d.weights, d.at
    FROM split_draw d JOIN split_test ON split_test.name = d.test
    WHERE d.contact_id = OLD.id AND split_test.is_holdout;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_counts BEFORE DELETE ON contact FOR EACH ROW EXECUTE FUNCTION tend_keep_counts();
"""


def upgrade() -> None:
    _create_kpi_cohort()
    _create_kpi_daily()
    _create_kpi_fact()
    _create_kpi_finding()
    _create_kpi_forecast()
    _create_kpi_funnel()
    _create_kpi_goal()
    _create_kpi_holdout()
    _create_kpi_journey_step()
    _create_kpi_message()
    _create_kpi_run()
    _create_kpi_source()
    _create_kpi_stage_spell()
    _create_kpi_stay()
    _create_source_spend()
    _create_opportunity()
    _add_managers()
    _index_mails_and_steps_by_time()
    _keep_counts_of_the_erased()


def _identity() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _day(name: str) -> sa.Column[date]:
    return sa.Column(name, sa.Date(), nullable=False)


def _float(name: str, *, nullable: bool) -> sa.Column[float]:
    return sa.Column(name, sa.Float(), nullable=nullable)


def _money(name: str, precision: int) -> sa.Column[Decimal]:
    return sa.Column(name, sa.Numeric(precision=precision, scale=2), nullable=True)


def _versions() -> tuple[Any, ...]:
    return _moment("known_from"), _moment("known_until", nullable=True), sa.PrimaryKeyConstraint("id")


def _create_kpi_cohort() -> None:
    op.create_table(
        "kpi_cohort",
        _identity(),
        _day("day"),
        _text("begin"),
        _text("goal"),
        _count("days"),
        _text("dimension"),
        _number("team_id"),
        _text("member", default=""),
        _count("count"),
        *_versions(),
    )
    op.create_index(
        "kpi_cohort_now",
        "kpi_cohort",
        ["dimension", "team_id", "begin", "goal", "day", "days", "member"],
        unique=True,
        postgresql_include=["count"],
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index("kpi_cohort_day", "kpi_cohort", ["day"], postgresql_where=sa.text("known_until IS NULL"))
    op.create_index(
        "kpi_cohort_past", "kpi_cohort", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
    )


def _create_kpi_daily() -> None:
    op.create_table(
        "kpi_daily",
        _identity(),
        _day("day"),
        _text("measure"),
        _text("dimension"),
        _number("team_id"),
        _text("member", default=""),
        _text("currency", default=""),
        _count("count"),
        _money("amount", 18),
        _float("value", nullable=True),
        *_versions(),
    )
    op.create_index(
        "kpi_daily_now",
        "kpi_daily",
        ["dimension", "team_id", "measure", "day", "member", "currency"],
        unique=True,
        postgresql_include=["count", "amount", "value"],
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index("kpi_daily_day", "kpi_daily", ["day"], postgresql_where=sa.text("known_until IS NULL"))
    op.create_index("kpi_daily_past", "kpi_daily", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL"))


def _create_kpi_fact() -> None:
    op.create_table(
        "kpi_fact",
        _identity(),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        _text("measure"),
        _text("ref", default=""),
        _moment("at"),
        _day("day"),
        _number("rep_id"),
        _number("team_id"),
        _text("source", default=""),
        _text("product", default=""),
        _text("journey", default=""),
        _money("amount", 14),
        _text("currency", default=""),
        _float("value", nullable=True),
        *_versions(),
    )
    op.create_index(
        "kpi_fact_measure",
        "kpi_fact",
        ["measure", "day"],
        postgresql_include=["contact_id", "ref", "at", "value", "rep_id", "team_id"],
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index(
        "kpi_fact_now",
        "kpi_fact",
        ["contact_id", "measure", "ref"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index("kpi_fact_past", "kpi_fact", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL"))


def _create_kpi_finding() -> None:
    op.create_table(
        "kpi_finding",
        _identity(),
        _day("made_on"),
        _text("kpi"),
        _text("cause"),
        _number("team_id"),
        _count("rank"),
        sa.Column("figures", JSONB(), server_default="{}", nullable=False),
        _text("sentence"),
        _text("advice"),
        _text("link", default=""),
        _float("orders_a_month", nullable=True),
        _money("revenue_a_month", 18),
        _text("currency", default=""),
        *_versions(),
    )
    op.create_index(
        "kpi_finding_now",
        "kpi_finding",
        ["made_on", "kpi", "cause", "team_id", "currency"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index(
        "kpi_finding_past", "kpi_finding", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
    )


def _create_kpi_forecast() -> None:
    op.create_table(
        "kpi_forecast",
        _identity(),
        _day("made_on"),
        _day("month"),
        _number("team_id"),
        _text("currency", default=""),
        sa.Column("is_back_test", sa.Boolean(), server_default="false", nullable=False),
        _float("orders", nullable=True),
        sa.Column("sold", sa.Integer(), server_default="0", nullable=False),
        _float("from_open", nullable=True),
        _float("from_new", nullable=True),
        _float("from_customers", nullable=True),
        _float("orders_low", nullable=True),
        _float("orders_high", nullable=True),
        _money("revenue", 18),
        _money("revenue_low", 18),
        _money("revenue_high", 18),
        _float("naive_orders", nullable=True),
        _money("naive_revenue", 18),
        sa.Column("actual_orders", sa.Integer(), nullable=True),
        _money("actual_revenue", 18),
        _float("deviation", nullable=True),
        _text("reason", default=""),
        *_versions(),
    )
    op.create_index(
        "kpi_forecast_now",
        "kpi_forecast",
        ["made_on", "month", "team_id", "currency", "is_back_test"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index(
        "kpi_forecast_past", "kpi_forecast", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
    )


def _create_kpi_funnel() -> None:
    op.create_table(
        "kpi_funnel",
        _identity(),
        _day("day"),
        _text("stage"),
        _text("dimension"),
        _number("team_id"),
        _text("member", default=""),
        _count("entered"),
        _count("moved_on"),
        _count("standing"),
        _count("stalled"),
        _float("standing_days", nullable=False),
        _float("moved_on_days", nullable=False),
        *_versions(),
    )
    op.create_index(
        "kpi_funnel_now",
        "kpi_funnel",
        ["dimension", "team_id", "day", "stage", "member"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index("kpi_funnel_day", "kpi_funnel", ["day"], postgresql_where=sa.text("known_until IS NULL"))
    op.create_index(
        "kpi_funnel_past", "kpi_funnel", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
    )


def _create_kpi_goal() -> None:
    op.create_table(
        "kpi_goal",
        _identity(),
        _day("first_day"),
        _day("last_day"),
        _text("kpi"),
        _number("team_id"),
        _number("rep_id"),
        _float("target", nullable=False),
        _float("reached", nullable=True),
        _float("numerator", nullable=True),
        _float("denominator", nullable=True),
        _text("status"),
        sa.Column("is_chance", sa.Boolean(), server_default="false", nullable=False),
        _float("proposed", nullable=True),
        *_versions(),
    )
    op.create_index(
        "kpi_goal_now",
        "kpi_goal",
        ["first_day", "last_day", "kpi", "team_id", "rep_id"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index("kpi_goal_past", "kpi_goal", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL"))


def _create_kpi_holdout() -> None:
    op.create_table(
        "kpi_holdout",
        _identity(),
        _day("day"),
        _text("journey"),
        _text("share"),
        _text("variant"),
        _count("within_days"),
        _count("contacts"),
        _count("connected"),
        _count("ordered"),
        *_versions(),
    )
    op.create_index(
        "kpi_holdout_now",
        "kpi_holdout",
        ["day", "journey", "share", "variant"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index(
        "kpi_holdout_past", "kpi_holdout", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
    )


def _create_kpi_journey_step() -> None:
    op.create_table(
        "kpi_journey_step",
        _identity(),
        _day("day"),
        _text("journey"),
        _text("step"),
        _text("verb"),
        _count("place"),
        _count("contacts"),
        _count("connected"),
        _count("ordered"),
        *_versions(),
    )
    op.create_index(
        "kpi_journey_step_now",
        "kpi_journey_step",
        ["day", "journey", "step", "verb"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index(
        "kpi_journey_step_past",
        "kpi_journey_step",
        ["known_until"],
        postgresql_where=sa.text("known_until IS NOT NULL"),
    )


def _create_kpi_message() -> None:
    op.create_table(
        "kpi_message",
        _identity(),
        _day("day"),
        _text("template"),
        _text("journey", default=""),
        _text("variant", default=""),
        _count("sent"),
        sa.Column("delivered", sa.Integer(), nullable=True),
        _count("reached"),
        _count("opened"),
        _count("clicked"),
        _count("bot_opened"),
        _count("bot_clicked"),
        _count("bounced"),
        _count("unsubscribed"),
        _count("complained"),
        _count("replied"),
        _count("connected"),
        _count("ordered"),
        *_versions(),
    )
    op.create_index(
        "kpi_message_now",
        "kpi_message",
        ["day", "template", "journey", "variant"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index(
        "kpi_message_past", "kpi_message", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
    )


def _create_kpi_run() -> None:
    op.create_table(
        "kpi_run",
        _identity(),
        _moment("known_at"),
        _day("first_day"),
        _day("last_day"),
        sa.Column("is_full", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("events_through", sa.BigInteger(), server_default="0", nullable=False),
        _text("settings", default=""),
        sa.Column("changed", JSONB(), server_default="[]", nullable=False),
        sa.Column("changed_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows", JSONB(), server_default="{}", nullable=False),
        sa.Column("seconds", sa.Float(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("kpi_run_known_at", "kpi_run", ["known_at"])


def _create_kpi_source() -> None:
    op.create_table(
        "kpi_source",
        _identity(),
        _text("reading"),
        _day("month"),
        _text("source"),
        _text("form", default=""),
        _text("currency", default=""),
        _count("leads"),
        _count("qualified"),
        _count("opportunities"),
        _count("connected"),
        _count("customers"),
        _count("orders"),
        _money("revenue", 18),
        _money("spend", 18),
        *_versions(),
    )
    op.create_index(
        "kpi_source_now",
        "kpi_source",
        ["reading", "month", "source", "form", "currency"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index(
        "kpi_source_past", "kpi_source", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
    )


def _create_kpi_stay() -> None:
    op.create_table(
        "kpi_stay",
        _identity(),
        _day("day"),
        _text("state"),
        _count("days"),
        _text("next_state", default=""),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        _number("team_id"),
        _count("count"),
        *_versions(),
    )
    op.create_index(
        "kpi_stay_now",
        "kpi_stay",
        ["day", "state", "days", "next_state", "is_first", "team_id"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
    op.create_index("kpi_stay_past", "kpi_stay", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL"))


def _create_source_spend() -> None:
    op.create_table(
        "source_spend",
        _identity(),
        _text("source"),
        _day("month"),
        _text("currency"),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        _moment("imported_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "month", "currency", name="source_spend_once"),
    )


def _index_mails_and_steps_by_time() -> None:
    """What a nightly run of the report looks at: mails that went out, steps, and what was heard of mails lately.

    Steps and mail events come in the order of time, so an index of ranges of pages costs writers nothing.
    """
    op.create_index("message_sent_at", "message", ["sent_at"], postgresql_where=sa.text("sent_at IS NOT NULL"))
    op.create_index("step_at", "step", ["at"], postgresql_using="brin")
    op.create_index("mail_event_processed_at", "mail_event", ["processed_at"], postgresql_using="brin")


def _keep_counts_of_the_erased() -> None:
    op.create_table(
        "erased_message",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        *(_text(name) for name in ("kind", "template", "journey", "variant")),
        _moment("sent_at"),
        *(
            _moment(name, nullable=True)
            for name in ("delivered_at", "opened_at", "clicked_at", "bounced_at", "complained_at")
        ),
        *(sa.Column(name, sa.Boolean()) for name in ("bot_opened", "bot_clicked", "unsubscribed", "is_reported")),
        sa.Column("answers", ARRAY(sa.Text()), nullable=False),
        _moment("opted_out_at", nullable=True),
        _erased_at(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "erased_run",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        _text("journey"),
        _moment("started_at"),
        sa.Column("ending", sa.Text(), nullable=True),
        _erased_at(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "erased_step",
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("verb"),
        _text("name"),
        _moment("at"),
        _moment("asked_at"),
        sa.ForeignKeyConstraint(["run_id"], ["erased_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
    op.create_table(
        "erased_draw",
        _text("test"),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("variant"),
        _text("how"),
        sa.Column("weights", JSONB(), server_default="{}", nullable=False),
        _moment("at"),
        _erased_at(),
        sa.PrimaryKeyConstraint("test", "contact_id"),
    )
    for table, column in (("message", "sent_at"), ("run", "started_at"), ("step", "at"), ("draw", "at")):
        op.create_index(f"erased_{table}_{column}", f"erased_{table}", [column])
    for table in ("message", "run", "draw"):
        op.create_index(f"erased_{table}_erased_at", f"erased_{table}", ["erased_at"])
    op.execute(KEEP_COUNTS)


def _erased_at() -> sa.Column[datetime]:
    return sa.Column("erased_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _create_kpi_stage_spell() -> None:
    op.create_table(
        "kpi_stage_spell",
        _identity(),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        _text("stage"),
        _moment("from_at"),
        _moment("until_at", nullable=True),
        _moment("entered_at"),
        _moment("left_at", nullable=True),
        sa.Column("is_stalled", sa.Boolean(), nullable=False),
        _number("rep_id"),
        _number("team_id"),
        _text("source", default=""),
        _text("product", default=""),
        _text("journey", default=""),
        *_versions(),
    )
    now = sa.text("known_until IS NULL")
    op.create_index("kpi_stage_spell_from", "kpi_stage_spell", ["from_at"], postgresql_where=now)
    op.create_index(
        "kpi_stage_spell_now", "kpi_stage_spell", ["contact_id", "stage", "from_at"], unique=True, postgresql_where=now
    )
    op.create_index(
        "kpi_stage_spell_open",
        "kpi_stage_spell",
        ["contact_id"],
        postgresql_where=sa.text("known_until IS NULL AND until_at IS NULL"),
    )
    op.create_index(
        "kpi_stage_spell_past", "kpi_stage_spell", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
    )
    op.create_index(
        "kpi_stage_spell_stalled",
        "kpi_stage_spell",
        ["entered_at", "id"],
        postgresql_where=sa.text("known_until IS NULL AND is_stalled"),
    )
    op.create_index("kpi_stage_spell_until", "kpi_stage_spell", ["until_at"], postgresql_where=now)


def _create_opportunity() -> None:
    op.create_table(
        "opportunity",
        _identity(),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        _text("reference"),
        sa.Column("stage", sa.Text(), server_default="open", nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        _moment("opened_at", nullable=True),
        _moment("closed_at", nullable=True),
        _money("amount", 14),
        _text("currency"),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"]),
        sa.ForeignKeyConstraint(["rep_id"], ["rep.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index("ix_opportunity_contact_id", "opportunity", ["contact_id"])
    op.create_index(
        "event_opportunity",
        "event",
        [sa.text("(data ->> 'reference')")],
        postgresql_where=sa.text(
            "name IN ('opportunity_opened', 'opportunity_changed', 'opportunity_won', 'opportunity_lost')"
        ),
    )


def _add_managers() -> None:
    op.add_column("team", sa.Column("manager", sa.String(), nullable=True))
    op.add_column("team", sa.Column("region", sa.String(), nullable=True))
