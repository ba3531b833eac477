"""Routers and rules that cannot work are refused with their line, the value and the reason."""

from pathlib import Path

import pytest

from models.playbook import BadPlaybook, load
from tests.support.playbook import SHIPPED

ROUTERS = SHIPPED.read_text().partition("routers:\n")[2].partition("\nproducts:")[0]
SARAH, JOHN, MIKE = (f"{name}@brightwater.example.com" for name in ("sarah.miller", "john.okafor", "mike.brandt"))


def faults(tmp_path: Path, routers: str, routing: str = "", teams: tuple[str, str] = ("", "")) -> list[str]:
    """The sentences about the shipped playbook with other routers and rules."""
    path = tmp_path / "playbook.yaml"
    text = SHIPPED.read_text().replace(*teams, 1) if teams[0] else SHIPPED.read_text()
    path.write_text(text.replace(ROUTERS, f"{routers}\n{routing}"))
    with pytest.raises(BadPlaybook) as told:
        load(path)
    return told.value.sentences


def inbound(extra: str = "", *members: str) -> str:
    lines = "".join(f"\n      - {one}" for one in members or (SARAH, JOHN))
    return f"  - name: inbound\n    members:{lines}\n{extra}"


RULES = "routing:\n  rules:\n"


@pytest.mark.parametrize(
    ("routers", "routing", "told"),
    [
        (
            inbound("    kind: weighted\n", f"{{rep: {SARAH}, weight: 0}}", f"{{rep: {JOHN}, weight: 0}}"),
            "",
            "all members of inbound have weight 0",
        ),
        (
            inbound("    kind: weighted\n", f"{{rep: {SARAH}, weight: 0, preferred: true}}", JOHN),
            "",
            "all who are preferred of inbound have weight 0",
        ),
        (
            inbound("", f"{{rep: {SARAH}, weight: 30}}", JOHN),
            "",
            "weight 30 was found, and a router of kind round robin",
        ),
        (inbound("    kind: alphabetical\n"), "", "'alphabetical' was found"),
        (inbound("    kind: nearest\n"), "", "no member of inbound has a postal_code"),
        (inbound("    otherwise: inbound\n"), "", "a router of kind round robin needs no other"),
        (
            inbound("    kind: nearest\n    otherwise: moon\n"),
            "",
            "'moon' was found, the name of a router was expected",
        ),
        (inbound("    kind: nearest\n    otherwise: inbound\n"), "", "inbound goes by distance too"),
        (inbound("    offer: {partners: states == 1}\n"), "", "'states' was found"),
        (inbound("    offer: {partners: score > 5 and score < 3}\n"), "", "score"),
        (inbound("    offer: {lasts: 1m}\n"), "", "an offer lasts from 2m to 2w"),
        ("  - name: inbound\n    members: []\n", "", "at least one was expected"),
        (inbound(), f"{RULES}    - {{router: moon}}\n", "'moon' was found, the name of a router was expected: inbound"),
        (
            inbound(),
            f"{RULES}    - {{router: inbound}}\n    - {{router: inbound, when: score > 3}}\n",
            "rule 1 holds for all leads, so this one is never reached",
        ),
        (
            inbound(),
            f"{RULES}    - {{router: inbound, when: score > 3}}\n    - {{router: inbound, when: score  >  3}}\n",
            "rule 1 takes all of its leads, so this one is never reached",
        ),
        (
            inbound(),
            f"{RULES}    - {{router: inbound, when: score > 3}}\n    - {{router: inbound, when: score >= 10}}\n",
            "rule 1 takes all of its leads",
        ),
        (inbound(), f"{RULES}    - {{router: inbound, when: score > 5 and score < 3}}\n", "score"),
        (inbound(), f"{RULES}    - {{router: inbound, when: score = 5}}\n", "write == to compare"),
        (inbound(), f"{RULES}    - {{router: inbound, within_km: 50}}\n", "no member of inbound has a postal_code"),
        (inbound(), f"{RULES}    - {{router: inbound, within_km: 0}}\n", "within_km"),
        (inbound(), "routing:\n  on: [form_submitted]\n", "no rule says where"),
        (inbound(), "routing:\n  overload: {overdue_tasks: 0}\n", "overdue_tasks"),
        (inbound(), "routing:\n  overload: {weight: 150%}\n", "at most 100% of their share"),
    ],
)
def test_a_fault_is_told_with_line_and_reason(tmp_path: Path, routers: str, routing: str, told: str) -> None:
    sentences = faults(tmp_path, routers, routing)
    telling = [sentence for sentence in sentences if told in sentence]
    assert telling, sentences
    first = SHIPPED.read_text().partition(ROUTERS)[0].count("\n") + 1
    line = int(telling[0].split(", line ")[1].split(":")[0].split(",")[0])
    assert first <= line <= first + f"{routers}\n{routing}".count("\n")


def test_partners_in_a_router_that_offers_nothing_are_refused(tmp_path: Path) -> None:
    partner = ("  - name: Inbound\n", "  - name: Inbound\n    partner: true\n")
    sentences = faults(tmp_path, inbound(), teams=partner)
    assert sum("who get leads by offers only" in sentence for sentence in sentences) == 2


def test_all_kinds_with_their_terms_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "playbook.yaml"
    routers = inbound(
        "    kind: weighted random\n", f"{{rep: {SARAH}, weight: 30}}", f"{{rep: {JOHN}, preferred: true}}"
    )
    routers += f"  - {{name: near, kind: nearest, otherwise: inbound, members: [{MIKE}]}}\n"
    placed = SHIPPED.read_text().replace(f"email: {MIKE}", f'email: {MIKE}\n        postal_code: "04101"')
    path.write_text(placed.replace(ROUTERS, f"{routers}\n{RULES}    - {{router: near, within_km: 40}}\n"))
    assert [router.name for router in load(path).routers] == ["inbound", "near"]


def test_an_offer_for_partners_alone_who_are_not_asked_is_refused(tmp_path: Path) -> None:
    partner = ("  - name: Inbound\n", "  - name: Inbound\n    partner: true\n")
    sentences = faults(tmp_path, inbound("    offer: {lasts: 5m}\n"), teams=partner)
    assert sum("no members of our own who would be asked" in sentence for sentence in sentences) == 1


def test_rules_by_distance_of_several_routers_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "playbook.yaml"
    routers = "".join(f"  - {{name: {name}, members: [{MIKE}]}}\n" for name in ("east", "west"))
    rules = "".join(f"    - {{router: {name}, within_km: 50}}\n" for name in ("east", "west"))
    placed = SHIPPED.read_text().replace(f"email: {MIKE}", f'email: {MIKE}\n        postal_code: "04101"')
    path.write_text(placed.replace(ROUTERS, f"{routers}\n{RULES}{rules}    - {{router: east}}\n"))
    assert len(load(path).routing.rules) == 3


def test_a_rule_by_distance_that_a_wider_one_has_before_it_is_refused(tmp_path: Path) -> None:
    rules = "".join(f"    - {{router: inbound, within_km: {far}}}\n" for far in (50, 20))
    teams = (f"email: {SARAH}", f'email: {SARAH}\n        postal_code: "04101"')
    sentences = faults(tmp_path, inbound(), f"{RULES}{rules}", teams)
    assert any("rule 1 takes all of its leads" in sentence for sentence in sentences)
