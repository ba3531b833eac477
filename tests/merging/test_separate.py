"""Contacts that were merged by mistake are separated again: each has what was theirs."""

from datetime import timedelta
from typing import Any

import pytest

from models import Consent, LikelyDuplicate, SplitDraw, SplitTest, TopicOptOut
from models.contacts.merged_into import kept_contact
from models.database import engine
from models.merging import CannotSeparate
from models.merging.separate import restored_columns
from tests.merging.test_merge import an_entry, an_identifier, pair, with_everything
from tests.support.database import rows, write
from tests.support.merging import belongings, contact, merge, separate
from tests.support.playbook import apply_playbook
from tests.support.reps import JOHN, SARAH, rep
from tests.support.web_pages import NOW, a_contact, a_run, a_task, add, an_event

DAY = timedelta(days=1)
LATER = NOW + DAY


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def without_events(held: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Events tell of merges and of what follows from them, and that they are two people is remembered."""
    told = ("event.contact_id", "likely_duplicate.contact_id", "likely_duplicate.other_id")
    return {name: lines for name, lines in held.items() if name not in told}


def test_everything_is_whose_it_was() -> None:
    kept, merged = pair(
        {"email": "ann@example.com", "owner_id": rep(SARAH), "custom": {"size": "small"}},
        {"phone": "+12075550123", "owner_id": rep(SARAH), "stage": "customer", "custom": {"annual_revenue": 5}},
    )
    with_everything(merged)
    an_event(kept, "form_submitted", "ebook")
    for one, topic in ((kept, "news"), (kept, "offers")):
        add(TopicOptOut, contact_id=one, topic=topic, at=NOW)
    add(SplitDraw, test="t", contact_id=kept, variant="b", how="drawn", weights={}, at=NOW + DAY)
    an_entry(kept, "lead magnet", "once", 5, NOW + DAY)
    before = {one: without_events(belongings(one)) for one in (kept, merged)}
    were = {one: contact(one) for one in (kept, merged)}

    assert separate(merge(kept, merged), LATER) == merged

    for one in (kept, merged):
        now = contact(one)
        ignored = {"updated_at", "score", "scored_on"}
        assert {name: now[name] for name in now if name not in ignored} == {
            name: value for name, value in were[one].items() if name not in ignored
        }
    after = {one: without_events(belongings(one)) for one in (kept, merged)}
    assert after[kept] == before[kept]
    for name, held in before[merged].items():
        # What the merge closed stays closed.
        if name not in {"placement.contact_id", "offer.contact_id", "follow_up.contact_id"}:
            assert after[merged][name] == held, name


def test_the_number_leads_to_the_contact_again() -> None:
    ann, bea = a_contact(), a_contact(email="bea@example.com")
    separate(merge(ann, bea))
    with engine().connect() as connection:
        assert kept_contact(connection, bea) == bea


def test_what_happened_since_stays_with_the_kept_contact() -> None:
    ann, bea = a_contact(), a_contact(email="bea@example.com")
    old = an_event(bea, "form_submitted")
    merged = merge(ann, bea)
    new = an_event(ann, "form_submitted")
    separate(merged)
    assert rows("SELECT id, contact_id FROM event WHERE name = 'form_submitted' ORDER BY id") == [
        (old, bea),
        (new, ann),
    ]


def test_what_a_person_has_changed_since_stays() -> None:
    ann, bea = pair({"first_name": "Ann"}, {"company": "Acme", "city": "Boston"})
    merged = merge(ann, bea)
    write("UPDATE contact SET company = 'Acme & Co' WHERE id = :id", id=ann)
    separate(merged)
    assert (contact(ann)["company"], contact(ann)["city"]) == ("Acme & Co", None)
    assert (contact(bea)["company"], contact(bea)["city"]) == ("Acme", "Boston")


def test_an_open_run_goes_back_with_all_that_it_has_done_since() -> None:
    ann, bea = pair()
    run = a_run(bea)
    merged = merge(ann, bea)
    task = a_task(ann, run)
    separate(merged)
    assert rows("SELECT contact_id FROM journey_run WHERE id = :id", id=run) == [(bea,)]
    assert rows("SELECT contact_id FROM task WHERE id = :id", id=task) == [(bea,)]


def test_a_run_that_the_merge_ended_does_not_rise_from_the_dead() -> None:
    ann, bea = pair()
    a_run(ann), a_run(bea)
    separate(merge(ann, bea))
    assert rows("SELECT contact_id, ending FROM journey_run ORDER BY id") == [(ann, None), (bea, "merged")]


def test_a_journey_once_in_a_lifetime_is_each_ones_own_again() -> None:
    ann, bea = pair()
    for one in (ann, bea):
        a_run(one, key="once", status="ended", ended_at=NOW, ending="told")
    separate(merge(ann, bea))
    assert rows("SELECT contact_id, key FROM journey_run ORDER BY id") == [(ann, "once"), (bea, "once")]


def test_tasks_go_back_to_the_others_owner() -> None:
    ann, bea = pair({"owner_id": rep(SARAH)}, {"owner_id": rep(JOHN)})
    task = a_task(bea, a_run(bea), rep_id=rep(JOHN), assignee=JOHN)
    merged = merge(ann, bea)
    assert rows("SELECT assignee FROM task WHERE id = :id", id=task) == [(SARAH,)]
    separate(merged)
    assert rows("SELECT assignee FROM task WHERE id = :id", id=task) == [(JOHN,)]


@pytest.mark.parametrize("reason", ["unsubscribed", "complained"])
def test_a_suppression_that_came_by_the_merge_goes_with_it(reason: str) -> None:
    ann, bea = pair({}, {"suppressed": reason, "suppressed_at": NOW - DAY})
    merged = merge(ann, bea)
    assert contact(ann)["suppressed"] == reason
    separate(merged, LATER)
    assert (contact(ann)["suppressed"], contact(bea)["suppressed"]) == (None, reason)
    assert rows("SELECT count(*) FROM consent WHERE contact_id = :id", id=ann) == [(0,)]
    told = rows("SELECT DISTINCT contact_id FROM event WHERE name IN ('unsubscribed', 'suppressed')")
    assert told == [(bea,)]


def test_a_suppression_that_the_person_asked_for_since_stays() -> None:
    ann, bea = pair({}, {"suppressed": "unsubscribed", "suppressed_at": NOW - DAY})
    merged = merge(ann, bea)
    an_event(ann, "unsubscribed", source="unsubscribe", received_at=LATER)
    separate(merged, LATER)
    assert contact(ann)["suppressed"] == "unsubscribed"


def test_a_no_that_came_in_the_moment_of_the_merge_is_the_others_all_the_same() -> None:
    ann, bea = pair({}, {"suppressed": "unsubscribed", "suppressed_at": NOW})
    an_event(bea, "unsubscribed", source="import", received_at=NOW)
    separate(merge(ann, bea), LATER)
    assert (contact(ann)["suppressed"], contact(bea)["suppressed"]) == (None, "unsubscribed")


def test_a_no_of_the_kept_contact_that_the_merge_said_anew_stays_with_them() -> None:
    """Else whoever had said yes would come back with a no that they never said."""
    ann, bea = pair({"suppressed": "unsubscribed", "suppressed_at": NOW - 5 * DAY})
    for one, is_given, age in ((ann, False, 5), (bea, True, 1)):
        add(Consent, contact_id=one, is_given=is_given, at=NOW - age * DAY, received_at=NOW - age * DAY)
    separate(merge(ann, bea), LATER)
    assert rows("SELECT is_given FROM consent WHERE contact_id = :id", id=bea) == [(True,)]
    assert (contact(ann)["suppressed"], contact(bea)["suppressed"]) == ("unsubscribed", None)


def test_who_asked_for_a_person_is_heard_after_they_are_told_apart() -> None:
    """The merge ended the run that was to call them, and what they asked for stood on the other one's task."""
    ann, bea = pair({"owner_id": rep(SARAH)}, {"owner_id": rep(JOHN)})
    requests = [an_event(one, "form_submitted", "request-call") for one in (ann, bea)]
    ahead, behind = (
        a_run(one, steps=steps, key=f"event:{event}")
        for one, steps, event in zip((ann, bea), (5, 2), requests, strict=True)
    )
    a_task(ann, ahead, rep_id=rep(SARAH), assignee=SARAH)
    a_task(bea, behind, rep_id=rep(JOHN), assignee=JOHN)
    merged = merge(ann, bea)
    separate(merged, LATER)
    asked = rows("SELECT contact_id, data -> 'request' FROM event WHERE name = 'asked_again'")
    assert asked == [(bea, requests[1])]


def test_a_chain_is_undone_from_its_end() -> None:
    ann, bea, cora = (a_contact(email=f"{name}@example.com") for name in ("ann", "bea", "cora"))
    first = merge(ann, bea)
    second = merge(cora, ann)
    with pytest.raises(CannotSeparate, match=f"merged into contact {cora} after that. Separate those two first"):
        separate(first)
    separate(second)
    separate(first)
    assert rows("SELECT id, email FROM contact ORDER BY id") == [
        *((ann, "ann@example.com"), (bea, "bea@example.com"), (cora, "cora@example.com"))
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_merged_into_one_come_back_in_any_order(order: tuple[int, int]) -> None:
    ann, bea = pair({"first_name": "Ann"}, {"company": "Acme", "stage": "sql", "sql_at": NOW})
    cora = a_contact(email="cora@example.com", company="Beta", first_name=None, last_name=None, stage="customer")
    merges = [merge(ann, bea), merge(ann, cora)]
    assert (contact(ann)["company"], contact(ann)["email"], contact(ann)["stage"]) == (
        *("Acme", "cora@example.com", "customer"),
    )
    for place in order:
        separate(merges[place])
    assert (contact(ann)["company"], contact(ann)["email"], contact(ann)["stage"], contact(ann)["sql_at"]) == (
        *(None, None, "mgl", None),
    )
    assert (contact(bea)["company"], contact(cora)["company"]) == ("Acme", "Beta")


def test_an_address_that_somebody_else_has_by_now_is_in_the_way() -> None:
    ann, bea = a_contact(), a_contact(email="bea@example.com")
    merged = merge(ann, bea)
    other = a_contact(email="bea@example.com")
    with pytest.raises(CannotSeparate, match=f"Contact {other} has meanwhile got the email"):
        separate(merged)
    assert contact(ann)["email"] == "ana@example.com"


def test_an_address_of_the_other_one_that_mail_goes_to_by_now_is_in_the_way() -> None:
    """It bounced elsewhere since, and a form gave the other one's old address."""
    ann, bea = a_contact(), a_contact(email="bea@example.com")
    an_identifier(bea, "email", "bea@old.example.com")
    merged = merge(ann, bea)
    write("UPDATE contact SET email = 'bea@old.example.com' WHERE id = :id", id=ann)
    with pytest.raises(CannotSeparate, match=f"Contact {ann} is written to at bea@old.example.com by now"):
        separate(merged)


def test_a_no_that_passed_through_two_merges_is_only_theirs_who_said_it() -> None:
    ann, bea = pair()
    cora = a_contact(email="cora@example.com", suppressed="unsubscribed", suppressed_at=NOW - DAY)
    add(Consent, contact_id=cora, is_given=False, at=NOW - DAY, received_at=NOW - DAY)
    first = merge(bea, cora)
    second = merge(ann, bea, now=NOW + DAY / 2)
    separate(second, LATER)
    separate(first, LATER)
    assert [contact(one)["suppressed"] for one in (ann, bea, cora)] == [None, None, "unsubscribed"]
    assert rows("SELECT DISTINCT contact_id FROM consent WHERE NOT is_given") == [(cora,)]


def test_a_likely_duplicate_that_was_merged_on_is_passed_on() -> None:
    ann, bea, cora, dora = (a_contact(email=f"{name}@example.com") for name in ("ann", "bea", "cora", "dora"))
    add(LikelyDuplicate, contact_id=bea, other_id=cora, reasons=["same number"], likelihood=50, found_at=NOW)
    first = merge(ann, bea)
    merge(dora, cora)
    separate(first, LATER)
    pairs = rows("SELECT contact_id, other_id FROM likely_duplicate WHERE decided_at IS NULL ORDER BY 1, 2")
    assert (bea, dora) in pairs


@pytest.mark.parametrize("which", ["unknown", "separated already", "erased"])
def test_what_cannot_be_separated_is_refused_in_a_sentence(which: str) -> None:
    ann, bea = a_contact(), a_contact(email="bea@example.com")
    number = merge(ann, bea)
    if which == "separated already":
        separate(number)
    if which == "erased":
        write("DELETE FROM contact WHERE id = :id", id=ann)
    with pytest.raises(CannotSeparate, match=r"There is no merge|separated already|is not there any more"):
        separate(4711 if which == "unknown" else number)


def test_both_timelines_say_so() -> None:
    ann, bea = a_contact(), a_contact(email="bea@example.com")
    separate(merge(ann, bea))
    told = rows("SELECT contact_id, data FROM event WHERE name = 'contact_separated' ORDER BY contact_id")
    assert [(one, data["contact"], data["by"]) for one, data in told] == [(ann, bea, "nora"), (bea, ann, "nora")]


def test_both_scores_are_counted_anew() -> None:
    ann, bea = pair()
    an_entry(ann, None, None, 7, NOW)
    an_entry(bea, None, None, 20, NOW)
    merged = merge(ann, bea)
    assert contact(ann)["score"] == 27
    separate(merged)
    assert (contact(ann)["score"], contact(bea)["score"]) == (7, 20)


def test_a_draw_that_was_dropped_is_back() -> None:
    ann, bea = pair()
    add(SplitTest, name="t", journey="lead_nurture", weights={}, started_at=NOW)
    for one, variant, age in ((ann, "a", 1), (bea, "b", 2)):
        add(SplitDraw, test="t", contact_id=one, variant=variant, how="drawn", weights={}, at=NOW - age * DAY)
    merged = merge(ann, bea)
    assert rows("SELECT contact_id, variant FROM split_draw") == [(ann, "b")]
    separate(merged)
    assert rows("SELECT contact_id, variant FROM split_draw ORDER BY contact_id") == [(ann, "a"), (bea, "b")]


def test_a_number_of_both_is_each_ones_again() -> None:
    ann, bea = pair()
    for one in (ann, bea):
        an_identifier(one, "phone", "+12075550123")
    separate(merge(ann, bea))
    assert rows("SELECT contact_id FROM identifier ORDER BY contact_id") == [(ann,), (bea,)]


def test_only_what_still_says_what_the_merge_gave_goes_back() -> None:
    trace = {
        "kept": {"city": None, "stage": "mgl", "custom": {"a": 1}},
        "given": {"city": "Rome", "stage": "sql", "score": 3, "custom": {"a": 1, "b": 2, "c": 3}},
    }
    current = {"city": "Rome", "stage": "customer", "custom": {"a": 1, "b": 2, "c": 9}}
    assert restored_columns(current, trace) == {"city": None, "custom": {"a": 1, "c": 9}}
