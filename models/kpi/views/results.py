"""Views of mails, journeys, sources, forecasts, goals, findings and runs."""

from models.kpi.views.view import NOW, OF_TEAM, TEAM, View

WITHIN = "within the time that the playbook says under touched_within. Touched, not caused."

MAILS = {
    "day": "The day on which they were sent.",
    "mail": "The name of its template.",
    "journey": "The journey that sent it; empty: none.",
    "variant": "The variant of the split test of its subject; empty: none.",
    "sent": "How many were sent.",
    "delivered": "How many were delivered; null: the mailer does not say.",
    "reached": "What rates are of: delivered; where the mailer does not say, sent and not come back.",
    "opened": "How many were opened, by people as far as one can tell.",
    "clicked": "How many were clicked, likewise.",
    "bot_opened": "How many were opened by programs alone.",
    "bot_clicked": "How many were clicked by programs alone.",
    "bounced": "How many came back.",
    "unsubscribed": "How many were followed by an unsubscription.",
    "complained": "How many were called spam.",
    "replied": "How many were answered.",
    "connected": f"How many receivers talked with us for the first time {WITHIN}",
    "ordered": f"How many receivers ordered {WITHIN}",
    "first_touches": "Orders of which it was the first mail in that time before; each order counts once.",
    "last_touches": "Orders of which it was the last mail before; each order counts once.",
}
STEPS = {
    "day": "The day on which the step was taken.",
    "journey": "The journey.",
    "step": "The name of the step.",
    "verb": "What kind of step it is; start: coming onto the journey.",
    "contacts": "How many took it.",
    "connected": f"How many of them talked with us for the first time {WITHIN}",
    "ordered": f"How many of them ordered {WITHIN}",
}
HOLDOUTS = {
    "day": "The day on which they were drawn.",
    "journey": "The journey.",
    "share": "Which share was held out.",
    "variant": "held out, or on the journey.",
    "within_days": "For how many days after the draw what they did counts.",
    "contacts": "How many were drawn.",
    "connected": "How many of them talked with us for the first time in those days.",
    "ordered": "How many of them ordered in those days.",
}
SOURCES = {
    "month": "The first day of the month.",
    "source": "The source; empty: not known.",
    "form": "The first form that the lead filled in; empty: none.",
    "currency": "Of revenue and spend.",
    "leads": "How many leads.",
    "qualified": "How many became sales qualified.",
    "opportunities": "How many deals were opened.",
    "connected": "With how many we talked.",
    "customers": "How many became customers.",
    "orders": "How many orders that stand.",
    "revenue": "What these brought.",
    "spend": "What the source cost in the month; null: nobody said. It stands in rows without a form.",
}
FORECAST = {
    "month": "The first day of the month.",
    "currency": "Of the revenue.",
    "made_on": "The day whose evening the forecast knew.",
    "orders": "How many orders are expected.",
    "orders_low": "Between so many ...",
    "orders_high": "... and so many.",
    "revenue": "What they are expected to bring.",
    "revenue_low": "Between so much ...",
    "revenue_high": "... and so much.",
    "naive_orders": "What the mean of the months before says.",
    "naive_revenue": "The same of the revenue.",
    "reason": "Why there is no forecast, where there is none.",
}
ACTUAL = {
    "actual_orders": "How many came.",
    "actual_revenue": "What they brought.",
}
GOALS = {
    "first_day": "The first day of the goal's period.",
    "last_day": "And the last.",
    "kpi": "The KPI; report_definitions says what it means.",
    "team": "Whose goal it is; empty: everybody's, or one person's.",
    "person": "Whose goal it is; empty: everybody's, or a team's.",
    "target": "What is to be reached, in the KPI's unit.",
    "reached": "What was reached; null: there was nothing to divide by.",
    "numerator": "What was reached is this ...",
    "denominator": "... by this.",
    "status": "met, missed, on track, behind, no data, not measured here.",
    "is_chance": "Whether chance alone may have made the difference.",
    "proposed": "A stricter goal, where this one is met.",
}
FINDINGS = {
    "made_on": "The day.",
    "kpi": "Which KPI misses its goal.",
    "cause": "What the figures support as a cause.",
    "team": "Of which team; empty: of all.",
    "rank": "1 for the one worth most.",
    "sentence": "What was seen.",
    "advice": "What to try.",
    "link": "Where it is set or seen, as a path of the pages.",
    "orders_a_month": "What it may cost, in orders a month.",
    "revenue_a_month": "The same in money.",
    "currency": "Of that money.",
}
RUNS = {
    "known_at": "What was stored by then is in it.",
    "first_day": "The first day that was asked for.",
    "last_day": "And the last.",
    "is_full": "Whether everything was counted anew.",
    "changed_count": "How many numbers of days that had been reported became different.",
    "seconds": "How long it took.",
}


def _plain(name: str, about: str, columns: dict[str, str], table: str, where: str = NOW, **others: str) -> View:
    """The columns of a table; `others`: those that have another name or come from elsewhere."""
    select = ", ".join(f"{others[column]} AS {column}" if column in others else f"k.{column}" for column in columns)
    return View(name, about, columns, f"SELECT {select} FROM {table} k WHERE {where}")


FORECAST_NOW = (
    f"k.{NOW} AND NOT k.is_back_test AND k.made_on = "
    f"(SELECT max(made_on) FROM kpi_forecast WHERE NOT is_back_test AND {NOW})"
)
TEAM_NAME = "(SELECT name FROM team WHERE id = k.team_id)"

RESULTS = (
    _plain("report_mails", "What became of a mail that was sent on a day.", MAILS, "kpi_message", mail="k.template"),
    _plain("report_steps", "How many took a step of a journey on a day.", STEPS, "kpi_journey_step"),
    _plain(
        "report_holdouts", "What became of who was held out of a journey, and of who was not.", HOLDOUTS, "kpi_holdout"
    ),
    _plain(
        "report_sources",
        "What has become so far of the leads that a source brought in a month.",
        SOURCES,
        "kpi_source",
        f"{NOW} AND k.reading = 'cohort'",
    ),
    _plain(
        "report_sources_by_period",
        "What happened in a month with leads of a source, whenever they came.",
        SOURCES,
        "kpi_source",
        f"{NOW} AND k.reading = 'period'",
    ),
    _plain(
        "report_forecast",
        "What a month is expected to bring, as forecast last.",
        FORECAST,
        "kpi_forecast",
        f"{FORECAST_NOW} AND k.team_id = 0",
    ),
    View(
        "report_forecast_by_team",
        "The same by team.",
        OF_TEAM | FORECAST,
        f"SELECT {TEAM}, {', '.join(f'k.{name}' for name in FORECAST)} FROM kpi_forecast k "
        f"JOIN team t ON t.id = k.team_id WHERE {FORECAST_NOW}",
    ),
    _plain(
        "report_back_test",
        "What the forecast would have said of a month of the past, and what came.",
        FORECAST | ACTUAL,
        "kpi_forecast",
        f"{NOW} AND k.is_back_test AND k.team_id = 0",
    ),
    _plain(
        "report_goals",
        "How far a goal was met in one of its periods.",
        GOALS,
        "kpi_goal",
        team=TEAM_NAME,
        person="(SELECT name FROM rep WHERE id = k.rep_id)",
    ),
    _plain(
        "report_findings",
        "A cause that the figures support for a KPI that misses its goal.",
        FINDINGS,
        "kpi_finding",
        f"{NOW} AND k.made_on = (SELECT max(made_on) FROM kpi_finding WHERE {NOW})",
        team=TEAM_NAME,
    ),
    _plain("report_runs", "One run of the report.", RUNS, "kpi_run", "true"),
)
