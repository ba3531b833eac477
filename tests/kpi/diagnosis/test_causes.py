"""Each cause, planted in made leads, is found and comes first; where nothing is planted, nothing is found."""

from random import Random
from typing import Any

import pytest

from models.database import engine
from models.kpi.diagnosis.count import count_findings
from models.kpi.diagnosis.rules import RULES
from models.tables.kpi import KpiName
from tests.support.database import rows
from tests.support.made_business import (
    DAY,
    HOUR,
    KNOWN_AT,
    MINUTE,
    MadeLead,
    Plant,
    make_leads,
    miss_goals,
    store_business,
    the_window,
)
from tests.support.playbook import apply_playbook

CONNECTION, CLOSING, SPEED, RESPONSE, OPENS = (
    KpiName.CONNECTION_RATE,
    KpiName.CLOSING_RATE,
    KpiName.TIME_TO_BUY,
    KpiName.IN_SERVICE_LEVEL,
    KpiName.OPEN_RATE,
)
LEADS = 2400


def slow_owner(lead: MadeLead, chance: Random) -> None:
    if lead.owner_after > HOUR:
        lead.talks = 0.2


def passed_on(lead: MadeLead, chance: Random) -> None:
    if lead.offers > 1:
        lead.talks = 0.2


def slow_notice(lead: MadeLead, chance: Random) -> None:
    if lead.notice_after > HOUR:
        lead.talks = 0.2


def crowded_days(lead: MadeLead, chance: Random) -> None:
    if chance.random() < 0.4:
        lead.came_at -= (lead.came_at.toordinal() % 10) * DAY
    if lead.came_at.toordinal() % 10 == 0:
        lead.talks = 0.15


def no_numbers(lead: MadeLead, chance: Random) -> None:
    lead.talks = 0.55 if lead.has_number else 0.15


def wrong_numbers(lead: MadeLead, chance: Random) -> None:
    if lead.has_number and chance.random() < 0.25:
        lead.has_wrong_number, lead.talks = True, 0.0


def made_up_numbers(lead: MadeLead, chance: Random) -> None:
    lead.has_number = True
    if lead.source == "tradeshow":
        lead.talks = 0.2


def nobody_answers_at_noon(lead: MadeLead, chance: Random) -> None:
    called_at = lead.came_at + lead.called_after
    if 16 <= called_at.hour < 18:
        lead.talks = 0.05


def somebody_who_reaches_few(lead: MadeLead, chance: Random) -> None:
    if lead.rep == 2:
        lead.talks = 0.25


def weak_trigger(lead: MadeLead, chance: Random) -> None:
    lead.talks = 0.9
    if lead.trigger[0] == "page_visited":
        lead.orders = 0.08


def low_threshold(lead: MadeLead, chance: Random) -> None:
    lead.talks = 0.9
    lead.orders = 0.1 if lead.points < 23 else 0.4


def high_scores_left(lead: MadeLead, chance: Random) -> None:
    if lead.points > 40:
        lead.called_after = chance.choice((10 * MINUTE, 6 * DAY))
        lead.talks, lead.orders = 0.9, 0.6 if lead.called_after < DAY else 0.05
    else:
        lead.called_after = 10 * MINUTE


def unread_before_the_talk(lead: MadeLead, chance: Random) -> None:
    lead.called_after = 13 * DAY
    lead.mails = [(place * 3 * DAY, chance.random() < 0.3) for place in range(3)]
    lead.talks, lead.orders = 0.9, 0.5 if any(opened for _, opened in lead.mails) else 0.1


def weak_journey(lead: MadeLead, chance: Random) -> None:
    lead.talks = 0.9
    lead.orders = 0.1 if lead.journey == "challenge_course" else 0.4


def unwanted_product(lead: MadeLead, chance: Random) -> None:
    lead.talks = 0.9
    lead.orders = 0.08 if lead.product == "mastermind" else 0.4


def somebody_who_closes_few(lead: MadeLead, chance: Random) -> None:
    lead.talks = 0.9
    lead.orders = 0.08 if lead.rep == 1 else 0.4


def rare_mails(lead: MadeLead, chance: Random) -> None:
    lead.talks, lead.called_after, lead.orders = 0.9, 13 * DAY, 0.06 if len(lead.mails) == 1 else 0.45


def unread_mails(lead: MadeLead, chance: Random) -> None:
    lead.talks, lead.called_after = 0.9, 13 * DAY
    read_any = any(opened for _, opened in lead.mails)
    lead.orders = 0.45 if read_any or len(lead.mails) < 2 else 0.06


def falling_opens(lead: MadeLead, chance: Random) -> None:
    is_recent = lead.came_at > KNOWN_AT - 105 * DAY
    lead.mails = [(after, chance.random() < (0.2 if is_recent else 0.5)) for after, _ in lead.mails]


def late_person(lead: MadeLead, chance: Random) -> None:
    lead.called_after = chance.choice((10 * MINUTE, 10 * MINUTE, 5 * DAY))
    lead.talks, lead.orders = 0.9, 0.45 if lead.called_after < DAY else 0.08


def slow_product(lead: MadeLead, chance: Random) -> None:
    lead.talks, lead.orders = 0.9, 0.06 if lead.product == "mastermind" else 0.4


def slow_industry(lead: MadeLead, chance: Random) -> None:
    lead.talks, lead.orders = 0.9, 0.06 if lead.industry == "Retail" else 0.4


def slow_title(lead: MadeLead, chance: Random) -> None:
    lead.talks, lead.orders = 0.9, 0.06 if lead.title == "Clerk" else 0.4


def poor_source(lead: MadeLead, chance: Random) -> None:
    lead.talks, lead.orders = 0.9, 0.03 if lead.source == "campaign" else 0.4


def nobody_at_night(lead: MadeLead, chance: Random) -> None:
    local = lead.came_at - 5 * HOUR
    is_open = local.weekday() < 5 and 9 <= local.hour < 18
    lead.called_after = 10 * MINUTE if is_open and chance.random() < 0.8 else 12 * HOUR


def somebody_who_answers_late(lead: MadeLead, chance: Random) -> None:
    lead.called_after = 10 * MINUTE if chance.random() < (0.25 if lead.rep == 0 else 0.75) else 3 * HOUR


def slow_mondays(lead: MadeLead, chance: Random) -> None:
    is_monday = (lead.came_at - 5 * HOUR).weekday() == 0
    lead.called_after = 10 * MINUTE if chance.random() < (0.2 if is_monday else 0.75) else 3 * HOUR


def late_owners_answer_late(lead: MadeLead, chance: Random) -> None:
    lead.called_after = 10 * MINUTE if chance.random() < (0.2 if lead.owner_after > HOUR else 0.75) else 3 * HOUR


def slow_when_busy(lead: MadeLead, chance: Random) -> None:
    if chance.random() < 0.4:
        lead.came_at -= (lead.came_at.toordinal() % 10) * DAY
    is_busy = lead.came_at.toordinal() % 10 == 0
    lead.called_after = 10 * MINUTE if chance.random() < (0.15 if is_busy else 0.75) else 3 * HOUR


PLANTED: dict[str, tuple[KpiName, Plant]] = {
    "late_owner": (CONNECTION, slow_owner),
    "offers_passed_on": (CONNECTION, passed_on),
    "late_notice": (CONNECTION, slow_notice),
    "overload": (CONNECTION, crowded_days),
    "missing_numbers": (CONNECTION, no_numbers),
    "wrong_numbers": (CONNECTION, wrong_numbers),
    "numbers_of_a_source": (CONNECTION, made_up_numbers),
    "wrong_hours": (CONNECTION, nobody_answers_at_noon),
    "connection_of_a_person": (CONNECTION, somebody_who_reaches_few),
    "trigger": (CLOSING, weak_trigger),
    "threshold": (CLOSING, low_threshold),
    "high_scores_waiting": (CLOSING, high_scores_left),
    "unread_nurture": (CLOSING, unread_before_the_talk),
    "nurture_of_a_journey": (CLOSING, weak_journey),
    "offer": (CLOSING, unwanted_product),
    "training": (CLOSING, somebody_who_closes_few),
    "rare_mails": (SPEED, rare_mails),
    "unread_mails": (SPEED, unread_mails),
    "falling_opens": (OPENS, falling_opens),
    "late_person": (SPEED, late_person),
    "segment_by_product": (SPEED, slow_product),
    "segment_by_industry": (SPEED, slow_industry),
    "segment_by_title": (SPEED, slow_title),
    "poor_source": (SPEED, poor_source),
    "outside_hours": (RESPONSE, nobody_at_night),
    "response_of_a_person": (RESPONSE, somebody_who_answers_late),
    "response_on_a_weekday": (RESPONSE, slow_mondays),
    "response_without_owner": (RESPONSE, late_owners_answer_late),
    "response_when_busy": (RESPONSE, slow_when_busy),
}


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def findings(team_id: int = 0) -> list[Any]:
    """What a run finds, the first of all first."""
    with engine().begin() as connection:
        count_findings(connection, the_window(connection))
    query = "SELECT * FROM kpi_finding WHERE known_until IS NULL AND team_id = :team_id ORDER BY rank"
    return rows(query, team_id=team_id)


def test_every_rule_is_planted_here() -> None:
    assert set(PLANTED) == {rule.cause for rule in RULES}


@pytest.mark.parametrize("cause", PLANTED)
def test_a_cause_that_is_planted_is_found_first(cause: str) -> None:
    kpi, plant = PLANTED[cause]
    store_business(make_leads(1, LEADS, plant))
    miss_goals(kpi)

    found = findings()
    assert [finding.cause for finding in found][:1] == [cause]
    assert (found[0].kpi, found[0].rank) == (kpi, 1)


def test_where_nothing_is_planted_nothing_is_found() -> None:
    store_business(make_leads(2, LEADS))
    miss_goals(*sorted({kpi for kpi, _ in PLANTED.values()}))

    assert [finding.sentence for finding in findings()] == []
