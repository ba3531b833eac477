"""Goals of the playbook that cannot be reached or read are told by line."""

from pathlib import Path

import pytest

from models.playbook import BadPlaybook, load
from tests.support.playbook import SHIPPED


def fault_of(tmp_path: Path, *goals: str) -> str:
    """What is said of the shipped playbook with these goals in place of its own."""
    lines = SHIPPED.read_text(encoding="utf-8").split("\nreports:\n")[0]
    path = tmp_path / "playbook.yaml"
    path.write_text(f"{lines}\nreports:\n  goals:\n" + "".join(f"    - {goal}\n" for goal in goals), encoding="utf-8")
    with pytest.raises(BadPlaybook) as caught:
        load(path)
    [sentence] = caught.value.sentences
    return sentence.partition("reports.goals")[2]


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("{kpi: conection_rate, target: 60%}", "did you mean connection_rate"),
        ("{kpi: happiness, target: 60%}", "'leads', 'leads_per_week', 'engagement_rate'"),
        ("{kpi: connection_rate, target: 30m}", "'30m' was found, a share such as 60% was expected"),
        ("{kpi: connection_rate, target: 160%}", "between 0% and 100%"),
        ("{kpi: response_time, target: 30}", "a duration such as 30m or 4h was expected"),
        ("{kpi: orders, target: 0}", "every period reaches 0"),
        ("{kpi: orders, target: -3}", "not below zero"),
        ("{kpi: revenue, target: '5000 EUR'}", "is in EUR, but reports are in USD"),
        ("{kpi: orders, target: 6, per: year}", "'week', 'month' or 'quarter' was expected"),
        ("{kpi: orders, target: 6, team: Outbound}", "'Outbound' is no team: take one of Client Care, Inbound"),
        ("{kpi: orders, target: 6, person: nobody@example.com}", "nobody@example.com is no rep"),
        (
            "{kpi: orders, target: 6, team: Client Care, person: sarah.miller@brightwater.example.com}",
            "is not in Client Care",
        ),
        ("{kpi: open_rate, target: 40%, team: Inbound}", "no team and no person sends"),
    ],
)
def test_a_goal_that_is_wrong_is_a_sentence(tmp_path: Path, goal: str, words: str) -> None:
    assert words in fault_of(tmp_path, goal)


def test_a_goal_stands_once(tmp_path: Path) -> None:
    twice = fault_of(tmp_path, "{kpi: orders, target: 6}", "{kpi: orders, target: 7}")
    assert "[1].kpi: orders a month stands here a second time for everybody" in twice
