"""Faults in scores and levels are told with line, value and reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.playbook import BadPlaybook, load
from tests.playbook.test_playbook import changed
from tests.support.playbook import SHIPPED
from tests.support.scoring import apply_scoring, score
from tests.support.story import Story

LEVELS = ((1, 10), (2, 25), (3, 50))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("decay: 3%", "decay: 3", "a percentage such as 3% or 0.5% was expected"),
        ("decay: 3%", "decay: ²%", "a percentage such as 3% or 0.5% was expected"),
        ("decay: 3%", "decay: 95%", "a rate between 0.1% and 90% a day was expected"),
        ("points: 10, counts", "points: 0, counts", "other than 0"),
        ("points: 10, counts", "points: 20000, counts", "points between -10,000 and 10,000"),
        ("counts: once a day, at_most: 30", "counts: twice", "'each time', 'once a day' or 'once' was expected"),
        ("at_most: 30", "at_most: 5", "5 is less than the 10.00 points that one time gives"),
        ("name: pricing page", "name: order page", "'order page' stands here a second time"),
        ("name: pricing page", r'name: "pricing \0 page"', "text without null bytes was expected"),
        ("name: warm", "name: hot", "'hot' stands here a second time"),
        ("challenge is not None, points", "chalenge is not None, points", "the name of a field was expected"),
        ("when: 10 <= employees <= 200", "when: 10 >= employees >= 200", "nobody can ever match: 10 >= employees"),
        ("when: 10 <= employees <= 200", "when: score > 3", "looks at the score, which follows from it"),
        ("when: 10 <= employees <= 200", "when: mql_level == 2", "looks at the level, which follows from the score"),
        ("when: 10 <= employees <= 200", "where: employees > 3", "say `on` which events"),
        ("when: 10 <= employees <= 200", "at_most: 10", "nothing earns the points of 'size that we help'"),
        ("employees <= 200, points", "employees <= 200, counts: once, points", "'once' is how often events count"),
        ("where: amount >= 1000", "where: amount >", "invalid syntax"),
        ("where: amount >= 1000", "where: __import__('os')", "a comparison was expected"),
        ("on: [replied], points", "on: [score_fell:cold], points", "so points for it would turn in circles"),
        ("direction: falling", "direction: down", "'rising' or 'falling' was expected"),
        ("2: score >= 25", "2: score >= 25 and score < 25", "nobody can ever match: score >= 25 and score < 25"),
        ("2: score >= 25", "4: score >= 25", "4 was found"),
        ("2: score >= 25", "2: mql_level == 1", "looks at the level itself"),
        ("budget: annual_revenue", "budget: anual_revenue", "the name of a field was expected"),
        ('stage in ["sql", "sal"]', 'stage in ["sold"]', None),
        ('score >= 20 or stage in ["sql", "sal"]', 'stage in ["sold"]', "nobody can ever reach this stage"),
    ],
)
def test_a_fault_in_scores_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str | None) -> None:
    path = changed(tmp_path, (old, new))
    if told is None:
        load(path)
        return
    with pytest.raises(BadPlaybook) as refusal:
        load(path)
    line = SHIPPED.read_text().split(old)[0].count("\n") + 1
    sentences = [sentence for sentence in refusal.value.sentences if told in sentence]
    assert sentences
    assert f"line {line}" in sentences[0]


@pytest.mark.parametrize(
    ("rules", "when", "told"),
    [
        (1_001, "employees > {}", "1,010 rules were found: write at most 1,000"),
        (30, "employees in [" + "1," * 250 + "{}]", "explicit rules name 7,571 fields and values together"),
    ],
)
def test_more_rules_than_a_statement_takes_are_refused(tmp_path: Path, rules: int, when: str, told: str) -> None:
    first = "    - {name: pricing page"
    many = "".join(f"    - {{name: rule {n}, when: '{when.format(n)}', points: 1}}\n" for n in range(rules))
    with pytest.raises(BadPlaybook, match=told):
        load(changed(tmp_path, (first, many + first)))


def test_as_many_rules_as_may_be_can_be_followed(make_story: Callable[..., Story]) -> None:
    story = make_story()
    day = "start_by > start_by or start_by == start_by"
    apply_scoring(*({"name": f"rule {n}", "when": day, "points": 1} for n in range(1_000)))
    contact = story.contact()
    story.write("""UPDATE contact SET custom = '{"start_by": "2026-03-31"}'""")
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 1_000


def test_a_field_whose_name_holds_the_word_score_is_not_the_score(tmp_path: Path) -> None:
    field = ("\nfields:", "\nfields:\n  credit_score: {type: number}")
    levels = [(f"{level}: score >= {points}", f"{level}: credit_score >= {points}") for level, points in LEVELS]
    rule = ("when: 10 <= employees <= 200", "when: mql_level == 2")
    load(changed(tmp_path, field, *levels, rule))
