"""The causes that are looked for, and what to try when the figures support one: a file for each question."""

from models.kpi.diagnosis.rules.connection import POOR_CONNECTION
from models.kpi.diagnosis.rules.conversion import POOR_CONVERSION
from models.kpi.diagnosis.rules.kpi_groups import NOT_EXPLAINED
from models.kpi.diagnosis.rules.response import SLOW_RESPONSE
from models.kpi.diagnosis.rules.rule import Population, Rule, Success
from models.kpi.diagnosis.rules.time_to_buy import TOO_LONG_TO_BUY

CHAPTERS = {
    "Few are reached": POOR_CONNECTION,
    "Few of those order": POOR_CONVERSION,
    "They take too long to buy": TOO_LONG_TO_BUY,
    "Answers are slow": SLOW_RESPONSE,
}
RULES = tuple(rule for rules in CHAPTERS.values() for rule in rules)

__all__ = ["CHAPTERS", "NOT_EXPLAINED", "RULES", "Population", "Rule", "Success"]
