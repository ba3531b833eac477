"""Where nothing is behind it, nothing is said: outcomes are drawn anew, whatever people met with stays."""

from collections import Counter
from random import Random

import pytest
from sqlalchemy import Connection, text

from models.database import engine
from models.kpi.diagnosis.count import find_causes
from models.kpi.diagnosis.off_target import OffTarget
from models.kpi.diagnosis.populations import make_populations, read_cycle
from models.kpi.diagnosis.rules import NOT_EXPLAINED, RULES, Population, Success
from models.kpi.diagnosis.worth import read_worth
from models.tables.kpi import KpiName
from tests.support.made_business import LAST, MadeLead, make_leads, store_business, the_window
from tests.support.playbook import apply_playbook

ROUNDS = 40
MOST_FALSE_ALARMS = 5
"""Of so many rounds with an error of 5 %, more come about once in a hundred. More rounds: `bench.causes.noise`."""

OUTCOMES = {
    Population.LEAD_TO_TALK: (Success.TALKED, Success.TALKED_AT_FIRST_ATTEMPT, Success.ORDERED),
    Population.TALK: (Success.ORDERED,),
    Population.LEAD: (Success.ORDERED,),
    Population.REQUEST: (Success.ANSWERED_IN_TIME, Success.ANSWERED_IN_AN_HOUR),
    Population.MAIL: (Success.OPENED,),
}


def wrong_numbers(lead: MadeLead, chance: Random) -> None:
    lead.has_wrong_number = chance.random() < 0.3


def draw_outcomes(connection: Connection, chance: Random) -> None:
    connection.execute(text("SELECT setseed(:seed)"), {"seed": chance.random()})
    for population, outcomes in OUTCOMES.items():
        drawn = ", ".join(f"{outcome} = random() < {chance.uniform(0.1, 0.6):.3f}" for outcome in outcomes)
        connection.execute(text(f"UPDATE {population} SET {drawn}"))


@pytest.mark.usefixtures("database_url")
def test_noise_is_taken_for_a_cause_in_one_run_of_twenty_at_most() -> None:
    apply_playbook()
    store_business(make_leads(5, 2400, wrong_numbers))
    chance, found = Random(11), []
    with engine().begin() as connection:
        window, cycle = the_window(connection), read_cycle(connection, LAST)
        make_populations(connection, window, cycle)
        worth = read_worth(connection, LAST, "USD")
        for _ in range(ROUNDS):
            draw_outcomes(connection, chance)
            causes = find_causes(connection, OffTarget({0: set(KpiName)}), LAST, cycle, worth)
            found.append([cause.rule.cause for cause in causes])
    alarms = [causes for causes in found if causes]
    assert len(alarms) <= MOST_FALSE_ALARMS, Counter(cause for causes in alarms for cause in causes)


def test_every_kpi_has_a_rule_that_can_explain_it_or_is_said_to_have_none() -> None:
    explained = {kpi for rule in RULES for kpi in rule.kpis}
    assert explained.isdisjoint(NOT_EXPLAINED)
    assert explained | set(NOT_EXPLAINED) == set(KpiName)
