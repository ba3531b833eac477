"""Each rule finds the journey that breaks it, at its line, and nothing else in it."""

import ast

import pytest

from docs.write_checks import IMPORTS, PAGE, findings_of, source_of, written
from flows.runtime.checks.all_rules import CHAPTERS, RULES
from flows.runtime.checks.mail_rules import MAIL_RULES
from flows.runtime.checks.rule import Rule

WITH_EXAMPLE = [rule for rule in RULES if rule.example is not None]
BESIDE = {
    "J101": {"J202"},
    "J104": {"J214"},
    "J107": {"J101", "J202"},
    "J205": {"J203"},
    "J401": {"J405"},
}
"""What else is wrong in an example: the same slip, seen in another way."""
WITHOUT_MAILS = tuple(rule for rule in RULES if rule not in MAIL_RULES)


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_a_journey_that_breaks_a_rule_is_told_so_with_its_place(rule: Rule) -> None:
    assert rule.example is not None
    found = findings_of(rule, RULES if rule in MAIL_RULES else WITHOUT_MAILS)

    assert rule.code in {one.code for one in found} <= {rule.code} | BESIDE.get(rule.code, set())
    found = [one for one in found if one.code == rule.code]
    assert any(one.message.startswith(rule.example.sentence) for one in found), [str(one) for one in found]
    assert {one.severity for one in found} == {rule.severity}
    for one in found:
        if one.file is not None and one.file.endswith(".py"):
            assert one.file == "flows/journeys/spring.py"
            assert one.line is not None
            assert len(IMPORTS.splitlines()) < one.line <= len(source_of(rule.example).splitlines())


def test_rules_have_codes_of_their_own_in_the_order_of_their_chapters() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert codes == sorted(codes)
    assert all(rules for rules in CHAPTERS.values())


def test_the_page_of_rules_says_what_is_said() -> None:
    """After a change of a rule: `.venv/bin/python docs/write_checks.py`."""
    assert PAGE.read_text(encoding="utf-8") == written()


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_examples_are_code_that_python_can_read(rule: Rule) -> None:
    assert rule.example is not None
    ast.parse(source_of(rule.example))
