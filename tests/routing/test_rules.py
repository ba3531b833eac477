"""Which router a lead goes to: conditions, distances, and the examples of the field."""

from datetime import timedelta

import pytest

from flows.runtime import Journey
from models.database import engine
from models.geo.postal_codes import load_postal_areas
from models.playbook import Playbook
from models.routing import pick_routers
from tests.support.routing import (
    MakeStory,
    address,
    apply_business,
    assign_now,
    counts,
    make_contacts,
    member,
    owners,
    rep,
    router,
    team,
)
from tests.support.story import MONDAY, Story

DAY = timedelta(days=1)


async def asking(j: Journey) -> str:
    return await j.route()


def by_rules(playbook: Playbook, contacts: list[int]) -> list[str | None]:
    """The router of each contact."""
    with engine().begin() as connection:
        found = pick_routers(connection, playbook, contacts)
    return [found[contact][0] if contact in found else None for contact in contacts]


def by_state() -> Playbook:
    """California: John a quarter, Sarah three. New York: Mike three quarters, Jackie one. All others: in turn."""
    return apply_business(
        [team("John", "Sarah", "Mike", "Jackie", "Jason", "Melissa")],
        [
            router("CA", member("John", weight=25), member("Sarah", weight=75), kind="weighted"),
            router("NY", member("Mike", weight=75), member("Jackie", weight=25), kind="weighted"),
            router("Other", "Jason", "Melissa"),
        ],
        routing={
            "on": ["form_submitted"],
            "rules": [
                {"router": "CA", "when": 'state == "CA"'},
                {"router": "NY", "when": 'state == "NY"'},
                {"router": "Other"},
            ],
        },
    )


def test_a_form_is_routed_by_state_at_once(make_story: MakeStory) -> None:
    story = make_story()
    by_state()
    states = {"CA": 8, "NY": 8, "TX": 3, None: 3}
    leads = {state: make_contacts(story, count, state=state) for state, count in states.items()}
    for state in leads:
        for lead in leads[state]:
            story.happens("form_submitted", "request-info", contact=lead)
    assert counts(story, leads["CA"]) == {"John": 2, "Sarah": 6}
    assert counts(story, leads["NY"]) == {"Mike": 6, "Jackie": 2}
    assert counts(story, leads["TX"] + leads[None]) == {"Jason": 3, "Melissa": 3}
    assert story.rows("SELECT DISTINCT reason FROM assignment WHERE router <> 'CA' ORDER BY 1") == [
        ('rule 2: state == "NY"',),
        ("rule 3: all others",),
    ]


def test_the_first_rule_that_holds_counts_and_each_kind_of_fact_can_be_asked_for(make_story: MakeStory) -> None:
    story = make_story()
    conditions = [
        "mql_level == 3",
        "score >= 50",
        'product == "mastermind"',
        'source == "campaign"',
        "not has_full_address and employees >= 10",
        "has_full_address",
    ]
    routers = [router(f"r{number}", "Ann") for number in range(len(conditions))]
    rules = [{"router": f"r{number}", "when": condition} for number, condition in enumerate(conditions)]
    playbook = apply_business([team("Ann")], routers, routing={"rules": rules})
    facts = [
        {"mql_level": 3, "score": 90},
        {"score": 50, "product": "mastermind"},
        {"product": "mastermind"},
        {"source": "campaign"},
        {"employees": 12, "street": "1 Main St"},
        {"street": "1 Main St", "city": "Portland", "postal_code": "04101"},
        {"street": "1 Main St", "city": "Portland"},
    ]
    leads = [make_contacts(story, 1, **columns)[0] for columns in facts]
    assert by_rules(playbook, leads) == ["r0", "r1", "r2", "r3", "r4", "r5", None]


def test_hot_leads_can_go_to_the_less_experienced_and_the_rest_to_the_pros(make_story: MakeStory) -> None:
    story = make_story()
    playbook = apply_business(
        [team("Pro", "New")],
        [router("pros", "Pro"), router("new", "New")],
        routing={"rules": [{"router": "new", "when": "score >= 30"}, {"router": "pros"}]},
    )
    leads = make_contacts(story, 2, score=45) + make_contacts(story, 2, score=5)
    assert by_rules(playbook, leads) == ["new", "new", "pros", "pros"]


def located(teams: list[dict[str, object]], routers: list[dict[str, object]], **parts: object) -> Playbook:
    """A business whose people are found on the map."""
    with engine().begin() as connection:
        load_postal_areas(connection)
    return apply_business(teams, routers, **parts)


def portland_and_boston() -> dict[str, object]:
    return team(rep("Ann", postal_code="04101"), rep("Bob", postal_code="02108"))


def test_a_rule_can_ask_for_somebody_near(make_story: MakeStory) -> None:
    story = make_story()
    rules = [{"router": "near", "within_km": 60}, {"router": "far"}]
    playbook = located(
        [portland_and_boston(), team("Joe", name="Far")],
        [router("near", "Ann", "Bob", kind="nearest"), router("far", "Joe")],
        routing={"rules": rules},
    )
    codes = ["04105", "02139", "10001", None, "99999"]
    leads = [make_contacts(story, 1, postal_code=code, country="US")[0] for code in codes]
    assert by_rules(playbook, leads) == ["near", "near", "far", "far", "far"]


def test_the_nearest_gets_the_lead_and_those_without_a_place_go_elsewhere(make_story: MakeStory) -> None:
    story = make_story()
    located(
        [portland_and_boston(), team("Joe", name="Far")],
        [router("near", "Ann", "Bob", kind="nearest", otherwise="far"), router("far", "Joe")],
    )
    codes = ["04105", "02139", None, "02139", "04105"]
    leads = [make_contacts(story, 1, postal_code=code, country="US")[0] for code in codes]
    assign_now("near", leads, MONDAY)
    assert owners(story, leads) == ["Ann", "Bob", "Joe", "Bob", "Ann"]
    assert story.one("SELECT how FROM assignment WHERE router = 'far'") == "round robin"


def test_a_lead_for_which_no_rule_holds_is_stuck_in_a_journey_and_left_alone_before(make_story: MakeStory) -> None:
    story = make_story(asking)
    rules = [{"router": "all", "when": 'state == "CA"'}]
    apply_business([team("Ann")], [router("all", "Ann")], routing={"rules": rules, "on": ["form_submitted"]})
    lead, other = make_contacts(story, 1, state="NY")[0], make_contacts(story, 1, state="CA")[0]
    for contact in (lead, other):
        story.happens("form_submitted", contact=contact)
    assert owners(story, [lead, other]) == [None, "Ann"]
    story.start("asking", lead, other)
    assert story.runs(lead)[0][1].startswith("No routing rule of the playbook holds for this contact.")
    assert story.runs(other) == [("asking", "Ann")]


def test_newcomers_keep_their_owner_unless_that_one_has_left(make_story: MakeStory) -> None:
    story = make_story()
    by_state()
    lead, *_ = make_contacts(story, 1, state="CA")
    story.write("UPDATE contact SET owner_id = (SELECT id FROM rep WHERE name = 'Mike')")
    story.happens("form_submitted", contact=lead)
    assert owners(story, [lead]) == ["Mike"]
    story.write("UPDATE rep SET active = false WHERE name = 'Mike'")
    story.happens("page_visited", contact=lead)
    assert owners(story, [lead]) == ["Mike"]
    story.happens("form_submitted", contact=lead)
    assert owners(story, [lead]) == ["Sarah"]


def test_a_journey_says_which_rule_it_was(make_story: MakeStory) -> None:
    story: Story = make_story(asking)
    apply_business([team("Ann")], [router("all", "Ann")], routing={"rules": [{"router": "all"}]})
    lead, *_ = make_contacts(story, 1)
    story.start("asking", lead)
    assert story.steps(lead) == [("route", "by the rules", "Ann")]
    expected = {"owner": "Ann", "router": "all", "kind": "round robin", "reason": "rule 1: all others"}
    assert story.one("SELECT fact FROM step") == expected


@pytest.mark.parametrize("kind", ["least busy", "best performer"])
def test_other_kinds_give_leads_too(make_story: MakeStory, kind: str) -> None:
    story = make_story()
    apply_business([team("Ann", "Bob")], [router("all", "Ann", "Bob", kind=kind)])
    leads = make_contacts(story, 4)
    assign_now("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 2, "Bob": 2}
    assert story.one("SELECT DISTINCT how FROM assignment") == kind
    assert address("Ann").startswith("ann@")
