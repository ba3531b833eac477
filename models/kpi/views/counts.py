"""Views of what was counted: by day, by stage, from one milestone to another."""

from models.kpi.measures import MEASURES
from models.kpi.views.view import NOW, OF_PERSON, OF_TEAM, PERSON, PERSON_TABLES, TEAM, View, quoted

DAY = {"day": "The day, by the company's time zone."}
COUNTED = {
    "measure": "What was counted; report_measures says what each is.",
    "currency": "The currency of amount; empty where there is no money.",
    "count": "How many there were.",
    "amount": "The money, added up.",
    "value": "What else is added up, such as seconds, days or equivalents; report_measures says which.",
}
NUMBERS = "k.measure, k.currency, k.count, k.amount, k.value"

STAGES = {
    "stage": "The stage of contacts: mgl, mql, sql, sal, opportunity, customer.",
    "entered": "How many came to it on this day.",
    "moved_on": "How many went on to a higher one.",
    "moved_on_days": "The days that those had stood there, all together.",
    "standing": "How many stood there at the end of the day. A state: do not add it up over days.",
    "standing_days": "The days that those had stood there so far, all together; likewise.",
    "stalled": "Of those who stood there: with whom nothing had happened for long; likewise.",
}
STAGE_NUMBERS = ", ".join(f"k.{name}" for name in STAGES)

COHORT = {
    "day": "The day on which they came to the first milestone.",
    "begin": "The first milestone, such as lead.",
    "goal": "The second one, such as customer.",
    "days": "How many days lay between; below zero where the second came first.",
    "count": "How many there were.",
}


def _member(name: str, dimension: str, column: str, about: str, select: str, tables: str = "") -> View:
    return View(
        f"report_by_{name}",
        f"What was counted on a day, by {name}.",
        DAY | {column: about} | COUNTED,
        f"SELECT k.day, {select} AS {column}, {NUMBERS} FROM kpi_daily k {tables} "
        f"WHERE k.dimension = '{dimension}' AND k.team_id = 0 AND {NOW}",
    )


COUNTS = (
    View(
        "report_daily",
        "What was counted on a day, everybody together.",
        DAY | COUNTED,
        f"SELECT k.day, {NUMBERS} FROM kpi_daily k WHERE k.dimension = 'all' AND k.team_id = 0 AND {NOW}",
    ),
    View(
        "report_by_team",
        "What was counted on a day, by the team of whoever owned the lead then. Leads without an owner are in none.",
        DAY | OF_TEAM | COUNTED,
        f"SELECT k.day, {TEAM}, {NUMBERS} FROM kpi_daily k JOIN team t ON t.id = k.team_id "
        f"WHERE k.dimension = 'all' AND {NOW}",
    ),
    View(
        "report_by_person",
        "What was counted on a day, by the salesperson who owned the lead then, or who did it.",
        DAY | OF_PERSON | COUNTED,
        f"SELECT k.day, {PERSON}, {NUMBERS} FROM kpi_daily k {PERSON_TABLES} WHERE k.dimension = 'person' AND {NOW}",
    ),
    _member("source", "source", "source", "Where the contact first came from; empty: not known.", "k.member"),
    _member(
        "product",
        "product",
        "product",
        "The product's name; of leads the one that they asked about; empty: none.",
        "coalesce(p.name, k.member)",
        "LEFT JOIN product p ON p.code = k.member",
    ),
    _member("journey", "journey", "journey", "The journey that the contact had come to last; empty: none.", "k.member"),
    View(
        "report_measures",
        "What each measure is.",
        {
            "measure": "Its name.",
            "about": "What one of it is.",
            "value_is": "What value is, with its unit; empty where there is none.",
        },
        "SELECT * FROM (VALUES {}) AS m (measure, about, value_is)".format(
            ", ".join(f"({quoted(one.name)}, {quoted(one.about)}, {quoted(one.value)})" for one in MEASURES)
        ),
    ),
    View(
        "report_funnel",
        "How many contacts came to a stage on a day, and how many stood there at its end.",
        DAY | STAGES,
        f"SELECT k.day, {STAGE_NUMBERS} FROM kpi_funnel k WHERE k.dimension = 'all' AND k.team_id = 0 AND {NOW}",
    ),
    View(
        "report_funnel_by_team",
        "The same by the team of whoever owned them.",
        DAY | OF_TEAM | STAGES,
        f"SELECT k.day, {TEAM}, {STAGE_NUMBERS} FROM kpi_funnel k JOIN team t ON t.id = k.team_id "
        f"WHERE k.dimension = 'all' AND {NOW}",
    ),
    View(
        "report_funnel_by_person",
        "The same by whoever owned them.",
        DAY | OF_PERSON | STAGES,
        f"SELECT k.day, {PERSON}, {STAGE_NUMBERS} FROM kpi_funnel k {PERSON_TABLES} "
        f"WHERE k.dimension = 'person' AND {NOW}",
    ),
    View(
        "report_cohorts",
        "How many came from one milestone to another, and how many days later.",
        COHORT,
        "SELECT k.day, k.begin, k.goal, k.days, k.count FROM kpi_cohort k "
        f"WHERE k.dimension = 'all' AND k.team_id = 0 AND {NOW}",
    ),
)
