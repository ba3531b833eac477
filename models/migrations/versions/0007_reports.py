"""What is reported: facts, the KPI tables and their runs; opportunities; managers and regions of teams"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"


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
    _create_source_spend()
    _create_opportunity()
    _add_managers()
    _index_mails_and_steps_by_time()


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
        postgresql_where=sa.text("known_until IS NULL"),
    )
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
        ["dimension", "team_id", "day", "measure", "member", "currency"],
        unique=True,
        postgresql_where=sa.text("known_until IS NULL"),
    )
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
    op.create_index("kpi_fact_measure", "kpi_fact", ["measure", "day"], postgresql_where=sa.text("known_until IS NULL"))
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
        "kpi_stage_spell_past", "kpi_stage_spell", ["known_until"], postgresql_where=sa.text("known_until IS NOT NULL")
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
