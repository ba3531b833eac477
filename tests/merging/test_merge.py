"""Two contacts who are one person become one: nothing about either is lost, and nothing is there twice."""

from datetime import timedelta
from typing import Any

import pytest

from models import (
    Consent,
    FollowUp,
    FulfilmentEntry,
    Identifier,
    IdentityConflict,
    InboundMail,
    Offer,
    Order,
    Placement,
    ScoreEntry,
    SplitDraw,
    SplitTest,
    TopicOptOut,
    UnreadValue,
)
from models.contacts.merged_into import kept_contact
from models.database import engine
from models.mail.suppression import apply_last_choice
from models.merging import CannotMerge
from models.tasks.requests import requests_of_task
from tests.support.database import rows, write
from tests.support.merging import belongings, contact, merge
from tests.support.playbook import apply_playbook
from tests.support.reps import JOHN, SARAH, rep
from tests.support.web_pages import NOW, a_contact, a_message, a_run, a_step, a_task, add, an_event

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def pair(kept: dict[str, Any] | None = None, merged: dict[str, Any] | None = None) -> tuple[int, int]:
    """Two contacts who say nothing but this."""
    nothing: dict[str, Any] = {"email": None, "first_name": None, "last_name": None, "company": None}
    return a_contact(**nothing | (kept or {})), a_contact(**nothing | (merged or {}))


class TestFields:
    """What was known stays, gaps are filled, and nothing is made up from two halves."""

    def test_gaps_are_filled_and_what_was_known_stays(self) -> None:
        kept, merged = pair(
            {"email": "ann@example.com", "first_name": "Ann", "last_name": "Lee"},
            {"email": "ann.lee@acme.example", "first_name": "Ann", "company": "Acme", "phone": "+12075550123"},
        )
        merge(kept, merged)
        ann = contact(kept)
        assert (ann["email"], ann["first_name"], ann["last_name"]) == ("ann@example.com", "Ann", "Lee")
        assert (ann["company"], ann["phone"]) == ("Acme", "+12075550123")
        assert rows("SELECT id FROM contact") == [(kept,)]

    def test_an_address_of_two_halves_is_not_made_up(self) -> None:
        kept, merged = pair(
            {"city": "Austin", "state": "TX"}, {"street": "5 Main St", "city": "Boston", "postal_code": "02101"}
        )
        merge(kept, merged)
        assert [contact(kept)[name] for name in ("street", "city", "state", "postal_code")] == [
            *(None, "Austin", "TX", None)
        ]

    def test_an_address_that_agrees_is_completed(self) -> None:
        kept, merged = pair({"city": "AUSTIN ", "country": "US"}, {"street": "5 Main St", "city": "Austin"})
        merge(kept, merged)
        assert (contact(kept)["street"], contact(kept)["city"]) == ("5 Main St", "AUSTIN ")

    def test_the_extension_goes_with_its_number_only(self) -> None:
        kept, merged = pair({"phone": "+12075550123"}, {"phone": "+12075550199", "phone_extension": "12"})
        merge(kept, merged)
        assert contact(kept)["phone_extension"] is None

    def test_the_further_stage_and_the_earliest_moments_hold(self) -> None:
        kept, merged = pair(
            {"stage": "mql", "mgl_at": NOW - 5 * DAY, "mql_at": NOW - 2 * DAY},
            {"stage": "customer", "mgl_at": NOW - 9 * DAY, "mql_at": NOW - DAY, "customer_at": NOW - DAY},
        )
        merge(kept, merged)
        ann = contact(kept)
        assert (ann["stage"], ann["customer_at"]) == ("customer", NOW - DAY)
        assert (ann["mgl_at"], ann["mql_at"]) == (NOW - 9 * DAY, NOW - 2 * DAY)

    def test_custom_fields_come_together(self) -> None:
        kept, merged = pair(
            {"custom": {"challenge": "growth", "note": ""}}, {"custom": {"challenge": "hiring", "note": "x"}}
        )
        merge(kept, merged)
        assert contact(kept)["custom"] == {"challenge": "growth", "note": "x"}

    def test_a_level_that_a_person_has_set_outranks_the_rules(self) -> None:
        kept, merged = pair({"mql_level": 1, "mql_level_by": "rule"}, {"mql_level": 3, "mql_level_by": "person"})
        merge(kept, merged)
        assert (contact(kept)["mql_level"], contact(kept)["mql_level_by"]) == (3, "person")

    def test_the_source_is_where_the_person_first_came_from(self) -> None:
        kept, merged = pair(
            {"source": "import", "created_at": NOW}, {"source": "website", "created_at": NOW - 30 * DAY}
        )
        merge(kept, merged)
        assert (contact(kept)["source"], contact(kept)["created_at"]) == ("website", NOW - 30 * DAY)

    def test_what_differs_stands_on_the_timeline(self) -> None:
        kept, merged = pair({"first_name": "Ann", "company": "Acme"}, {"first_name": "Anna", "company": "acme"})
        merge(kept, merged, "said so on the phone")
        ((data,),) = rows("SELECT data FROM event WHERE name = 'contacts_merged' AND contact_id = :id", id=kept)
        assert (data["kept"], data["was"]) == ({"first_name": "Ann"}, {"first_name": "Anna"})
        assert (data["who"], data["reason"], data["by"]) == ("Anna", "said so on the phone", "nora")


class TestRows:
    """Everything about the merged contact is the kept one's."""

    def test_all_that_is_about_the_merged_contact_is_the_kept_ones_afterwards(self) -> None:
        kept, merged = pair({"email": "ann@example.com"}, {"phone": "+12075550123", "owner_id": rep(SARAH)})
        event = with_everything(merged)
        before = belongings(merged)
        assert len(before) >= 17
        merge(kept, merged)
        after = belongings(kept)
        for name, held in before.items():
            column = name.partition(".")[2]
            if name in CHANGED:
                assert {row["id"] for row in held} <= {row["id"] for row in after[name]}, name
            else:
                assert all(row | {column: kept} in after[name] for row in held), name
        assert not belongings(merged)
        assert rows("SELECT contact_id FROM event WHERE id = :id", id=event) == [(kept,)]

    def test_a_number_of_both_is_one_identifier(self) -> None:
        kept, merged = pair({"email": "a@example.com", "phone": "+12075550123"}, {"phone": "+12075550123"})
        for one in (kept, merged):
            an_identifier(one, "phone", "+12075550123")
        an_identifier(merged, "email", "ann@example.com")
        merge(kept, merged)
        assert rows("SELECT contact_id, kind FROM identifier ORDER BY id") == [(kept, "phone"), (kept, "email")]

    def test_the_first_draw_of_a_split_test_counts(self) -> None:
        kept, merged = pair()
        for test, days in (("subject", (1, 5)), ("offer", (5, 1))):
            add(SplitTest, name=test, journey="lead_nurture", weights={"a": 1, "b": 1}, started_at=NOW - 9 * DAY)
            for one, age, variant in ((kept, days[0], "a"), (merged, days[1], "b")):
                drawn = {"variant": variant, "how": "drawn", "weights": {}, "at": NOW - age * DAY}
                add(SplitDraw, test=test, contact_id=one, **drawn)
        merge(kept, merged)
        assert rows("SELECT test, contact_id, variant FROM split_draw ORDER BY test") == [
            *(("offer", kept, "a"), ("subject", kept, "b"))
        ]

    def test_topics_that_either_has_left_are_left(self) -> None:
        kept, merged = pair()
        for one, topic in ((kept, "news"), (merged, "news"), (merged, "offers")):
            add(TopicOptOut, contact_id=one, topic=topic, at=NOW)
        merge(kept, merged)
        assert rows("SELECT contact_id, topic FROM topic_opt_out ORDER BY topic") == [(kept, "news"), (kept, "offers")]

    def test_one_person_gets_one_welcome_pack_and_a_note_for_each_order(self) -> None:
        kept, merged = pair()
        for key, one, data in (
            *(("1", kept, {"pack": "welcome"}), ("2", merged, {"pack": "welcome"})),
            *(("3", kept, {"for": "order 1"}), ("4", merged, {"for": "order 2"})),
        ):
            add(FulfilmentEntry, key=key, list="notes", contact_id=one, data=data, created_at=NOW)
        merge(kept, merged)
        assert rows("SELECT key FROM fulfilment_entry WHERE contact_id = :id ORDER BY key", id=kept) == [
            *(("1",), ("3",), ("4",))
        ]

    def test_one_person_who_waits_is_one_alert(self) -> None:
        kept, merged = pair()
        for one, age in ((kept, 1), (merged, 2)):
            due = {"received_at": NOW - age * DAY, "due_at": NOW, "alert_at": NOW + DAY}
            add(FollowUp, contact_id=one, event_id=an_event(one, "form_submitted"), **due)
        merge(kept, merged)
        waiting = rows("SELECT received_at FROM follow_up WHERE alert_at IS NOT NULL")
        assert waiting == [(NOW - 2 * DAY,)]
        assert len(rows("SELECT FROM follow_up WHERE contact_id = :id", id=kept)) == 2

    def test_a_conflict_between_the_two_is_decided(self) -> None:
        kept, merged = pair()
        other = a_contact(email="bob@example.com")
        a_conflict(kept, merged)
        a_conflict(merged, other)
        merge(kept, merged)
        assert rows("SELECT contact_id, held_by_id, decision FROM identity_conflict ORDER BY id") == [
            *((kept, kept, "merged"), (kept, other, None))
        ]

    def test_the_same_conflict_of_both_is_one(self) -> None:
        kept, merged = pair()
        other = a_contact(email="bob@example.com")
        a_conflict(kept, other)
        a_conflict(merged, other)
        merge(kept, merged)
        assert rows("SELECT count(*) FROM identity_conflict WHERE decided_at IS NULL") == [(1,)]


class TestJourneys:
    """One run per journey, the further one, and one caller."""

    def test_the_run_that_has_come_further_goes_on_and_the_other_ends_with_its_task(self) -> None:
        kept, merged = pair()
        behind, ahead = a_run(kept, steps=2), a_run(merged, steps=5)
        late, soon = a_task(kept, behind), a_task(merged, ahead)
        merge(kept, merged)
        assert rows("SELECT id, contact_id, ending FROM journey_run ORDER BY id") == [
            *((behind, kept, "merged"), (ahead, kept, None))
        ]
        assert rows("SELECT id FROM task WHERE closed_at IS NULL AND contact_id = :id", id=kept) == [(soon,)]
        assert rows("SELECT closed_at FROM task WHERE id = :id", id=late) == [(NOW,)]

    def test_the_task_that_stays_shows_what_both_were_about(self) -> None:
        kept, merged = pair({"owner_id": rep(SARAH)}, {"owner_id": rep(JOHN)})
        asked = [an_event(one, "form_submitted", "request-call", data={"message": "Call me"}) for one in (kept, merged)]
        behind = a_run(merged, steps=2, key=f"event:{asked[1]}")
        ahead = a_run(kept, steps=5, key=f"event:{asked[0]}")
        task = a_task(kept, ahead, rep_id=rep(SARAH), assignee=SARAH)
        a_task(merged, behind, rep_id=rep(JOHN), assignee=JOHN)
        merge(kept, merged)
        with engine().connect() as connection:
            assert [request.event_id for request in requests_of_task(connection, task)] == [asked[1]]

    def test_what_the_task_of_an_ended_run_was_about_asks_anew_where_no_task_stays(self) -> None:
        kept, merged = pair()
        asked = an_event(merged, "form_submitted", "request-call")
        a_run(kept, steps=5)
        a_task(merged, a_run(merged, steps=2, key=f"event:{asked}"), rep_id=rep(JOHN), assignee=JOHN)
        merge(kept, merged)
        assert rows("SELECT contact_id, data ->> 'request' FROM event WHERE name = 'asked_again'") == [
            (kept, str(asked))
        ]
        assert rows("SELECT event_id, answered_at FROM repeated_request") == [(asked, None)]

    def test_of_two_that_have_come_as_far_the_kept_contacts_goes_on(self) -> None:
        kept, merged = pair()
        a_run(merged, steps=2), a_run(kept, steps=2)
        merge(kept, merged)
        assert rows("SELECT key, ending FROM journey_run ORDER BY ending NULLS FIRST") == [
            *((f"event:{kept}", None), (f"event:{merged}", "merged"))
        ]

    def test_runs_of_different_journeys_all_go_on(self) -> None:
        kept, merged = pair()
        a_run(kept), a_run(merged, journey="welcome")
        merge(kept, merged)
        assert rows("SELECT count(*) FROM journey_run WHERE ended_at IS NULL AND contact_id = :id", id=kept) == [(2,)]

    def test_a_journey_once_in_a_lifetime_that_both_have_taken_is_kept_twice(self) -> None:
        kept, merged = pair()
        for one in (kept, merged):
            a_run(one, key="once", status="ended", ended_at=NOW, ending="told")
        merge(kept, merged)
        assert rows("SELECT key FROM journey_run WHERE contact_id = :id ORDER BY key", id=kept) == [
            *(("once",), (f"once of contact {merged}",))
        ]

    def test_runs_side_by_side_stay_side_by_side(self) -> None:
        kept, merged = pair()
        for one, key in ((kept, "order 1"), (merged, "order 2"), (kept, "campaign"), (merged, "campaign")):
            a_run(one, journey="thank_you_note", exclusive=False, key=key)
        merge(kept, merged)
        assert rows("SELECT key FROM journey_run WHERE ended_at IS NULL ORDER BY key") == [
            *(("campaign",), ("order 1",), ("order 2",))
        ]


class TestOwner:
    """The person is looked after by one salesperson, and a placement that was waited for still answers."""

    def test_the_kept_contacts_owner_stays_and_gets_the_others_tasks(self) -> None:
        kept, merged = pair({"owner_id": rep(SARAH)}, {"owner_id": rep(JOHN)})
        run = a_run(merged, journey="welcome")
        task = a_task(merged, run, rep_id=rep(JOHN), assignee=JOHN)
        merge(kept, merged)
        assert rows("SELECT assignee FROM task WHERE id = :id", id=task) == [(SARAH,)]
        ((data,),) = rows("SELECT data FROM event WHERE name = 'contacts_merged'")
        assert data["owner"] == "Sarah Miller stays; it was John Okafor's as well"

    def test_without_an_owner_the_kept_contact_gets_the_others(self) -> None:
        kept, merged = pair({}, {"owner_id": rep(JOHN)})
        placement = a_placement(kept)
        run = a_run(kept, waiting_events=[f"lead_placed:{placement}"])
        merge(kept, merged)
        assert contact(kept)["owner_id"] == rep(JOHN)
        assert rows("SELECT how, rep_id FROM assignment WHERE contact_id = :id", id=kept) == [("merged", rep(JOHN))]
        placed = rows("SELECT topic FROM event WHERE name = 'lead_placed' AND contact_id = :id", id=kept)
        assert placed == [(str(placement),)]
        assert rows("SELECT ended_at FROM journey_run WHERE id = :id", id=run) == [(None,)]

    def test_of_two_placements_one_stays_and_answers_whoever_waited_for_the_other(self) -> None:
        kept, merged = pair()
        first, second = a_placement(kept), a_placement(merged)
        add(Offer, placement_id=second, contact_id=merged, rep_id=rep(JOHN), number=1, offered_at=NOW, expires_at=NOW)
        run = a_run(merged, waiting_events=[f"lead_placed:{second}", f"offer_exhausted:{second}"])
        merge(kept, merged)
        assert rows("SELECT id FROM placement WHERE closed_at IS NULL") == [(first,)]
        assert rows("SELECT answer FROM offer") == [("withdrawn",)]
        ((waits,),) = rows("SELECT waiting_events FROM journey_run WHERE id = :id", id=run)
        assert waits == [f"lead_placed:{first}", f"offer_exhausted:{first}"]

    def test_whoever_waits_for_an_owner_hears_that_the_kept_contact_has_one(self) -> None:
        kept, merged = pair({"owner_id": rep(SARAH)})
        placement = a_placement(merged)
        merge(kept, merged)
        assert rows("SELECT rep_id FROM placement WHERE id = :id AND closed_at IS NOT NULL", id=placement) == [
            (rep(SARAH),)
        ]
        ((topic, data),) = rows("SELECT topic, data FROM event WHERE name = 'lead_placed'")
        assert (topic, data["owner"]) == (str(placement), "Sarah Miller")


class TestMail:
    """Nobody is mailed against their will because there were two of them."""

    @pytest.mark.parametrize("reason", ["unsubscribed", "complained", "manual", "removed"])
    @pytest.mark.parametrize("whose", ["kept", "merged"])
    def test_what_either_of_them_said_holds(self, reason: str, whose: str) -> None:
        stopped = {"suppressed": reason, "suppressed_at": NOW - DAY}
        kept, merged = pair(stopped if whose == "kept" else {}, stopped if whose == "merged" else {})
        merge(kept, merged)
        assert (contact(kept)["suppressed"], contact(kept)["suppressed_at"]) == (reason, NOW - DAY)

    def test_the_stronger_reason_holds(self) -> None:
        kept, merged = pair({"suppressed": "complained"}, {"suppressed": "unsubscribed"})
        merge(kept, merged)
        assert contact(kept)["suppressed"] == "complained"

    def test_a_bounce_is_the_addresss_and_stays_with_it(self) -> None:
        kept, merged = pair({"email": "ann@example.com"}, {"email": "old@example.com", "suppressed": "bounced"})
        merge(kept, merged)
        assert contact(kept)["suppressed"] is None

    def test_a_bounce_comes_along_with_its_address(self) -> None:
        kept, merged = pair({}, {"email": "old@example.com", "suppressed": "bounced"})
        merge(kept, merged)
        assert (contact(kept)["email"], contact(kept)["suppressed"]) == ("old@example.com", "bounced")

    def test_a_no_under_a_bounce_is_not_forgotten_though_the_other_said_yes_later(self) -> None:
        kept, merged = pair({"suppressed": "bounced", "email": "ann@example.com"})
        for one, is_given, age in ((kept, False, 5), (merged, True, 1)):
            add(Consent, contact_id=one, is_given=is_given, at=NOW - age * DAY, received_at=NOW - age * DAY)
        merge(kept, merged)
        said = rows("SELECT is_given, at FROM consent WHERE contact_id = :id ORDER BY at", id=kept)
        assert said == [(False, NOW - 5 * DAY), (True, NOW - DAY), (False, NOW)]
        assert contact(kept)["suppressed"] == "bounced"

    def test_a_no_holds_though_the_other_said_yes_later(self) -> None:
        kept, merged = pair({"suppressed": "unsubscribed", "suppressed_at": NOW - 5 * DAY})
        for one, is_given, age in ((kept, False, 5), (merged, True, 1)):
            add(Consent, contact_id=one, is_given=is_given, at=NOW - age * DAY, received_at=NOW - age * DAY)
        merge(kept, merged)
        assert contact(kept)["suppressed"] == "unsubscribed"

    @pytest.mark.parametrize("no_first", [True, False])
    def test_of_a_yes_and_a_no_of_one_day_the_no_holds(self, no_first: bool) -> None:
        """As in lists that say the day alone."""
        kept, merged = pair()
        for contact_id, is_given in ((kept, not no_first), (merged, no_first)):
            add(Consent, contact_id=contact_id, is_given=is_given, at=NOW - DAY, received_at=NOW - DAY)
        merge(kept, merged)
        with engine().begin() as connection:
            apply_last_choice(connection, [kept], NOW, "test")
        assert contact(kept)["suppressed"] == "unsubscribed"

    def test_every_consent_is_kept_and_the_last_one_counts(self) -> None:
        kept, merged = pair({"consent_at": NOW - 9 * DAY}, {"consent_at": NOW - DAY})
        for one in (kept, merged):
            add(Consent, contact_id=one, is_given=True, at=NOW, received_at=NOW, words="Yes, write to me")
        merge(kept, merged)
        assert contact(kept)["consent_at"] == NOW - DAY
        assert rows("SELECT count(*) FROM consent WHERE contact_id = :id", id=kept) == [(2,)]


class TestScore:
    """Points are those of one person, who crosses no threshold twice."""

    def test_points_add_up_and_what_counts_once_counts_once(self) -> None:
        kept, merged = pair()
        an_entry(kept, "lead magnet", "once", 5, NOW - DAY)
        an_entry(merged, "lead magnet", "once", 5, NOW - 3 * DAY)
        an_entry(merged, "wrote to us", "2026-03-02", 10, NOW - DAY)
        merge(kept, merged)
        live = rows("SELECT rule, at FROM score_entry WHERE withdrawn_at IS NULL ORDER BY rule")
        assert live == [("lead magnet", NOW - 3 * DAY), ("wrote to us", NOW - DAY)]
        assert contact(kept)["score"] == 15

    def test_the_cap_of_a_rule_holds_for_both_together(self) -> None:
        kept, merged = pair()
        for one, day in ((kept, 1), (kept, 2), (merged, 3), (merged, 4)):
            an_entry(one, "wrote to us", f"2026-03-0{day}", 10, NOW)
        merge(kept, merged)
        assert contact(kept)["score"] == 30

    def test_a_threshold_that_one_of_them_had_reached_is_not_crossed_again(self) -> None:
        kept, merged = pair({}, {"score": 30})
        an_entry(merged, None, None, 30, NOW)
        an_entry(kept, None, None, 4, NOW)
        merge(kept, merged)
        assert contact(kept)["score"] == 34
        assert rows("SELECT topic FROM event WHERE name = 'score_rose'") == []

    def test_a_threshold_that_only_both_together_reach_is_crossed_once(self) -> None:
        kept, merged = pair({"score": 15}, {"score": 15})
        for one in (kept, merged):
            an_entry(one, None, None, 15, NOW)
        merge(kept, merged)
        assert rows("SELECT topic, contact_id FROM event WHERE name = 'score_rose'") == [("warm", kept)]

    def test_rules_about_fields_see_the_fields_of_both(self) -> None:
        kept, merged = pair({"job_title": "Founder"}, {"employees": 50})
        merge(kept, merged)
        assert {rule for (rule,) in rows("SELECT rule FROM score_entry WHERE withdrawn_at IS NULL")} == {
            *("decides alone", "size that we help")
        }


class TestNumbers:
    """The old number leads to the kept contact, however often that was merged on."""

    def test_a_chain_leads_to_its_end(self) -> None:
        ann, bea, cora = (a_contact(email=f"{name}@example.com") for name in ("ann", "bea", "cora"))
        merge(ann, bea)
        merge(cora, ann)
        with engine().connect() as connection:
            assert [kept_contact(connection, one) for one in (ann, bea, cora, 4711)] == [cora, cora, cora, 4711]

    def test_an_old_number_stands_for_the_kept_contact(self) -> None:
        ann, bea, cora = (a_contact(email=f"{name}@example.com") for name in ("ann", "bea", "cora"))
        merge(ann, bea)
        merge(bea, cora)
        assert rows("SELECT id FROM contact") == [(ann,)]

    @pytest.mark.parametrize("other", ["itself", "unknown", "merged already"])
    def test_what_cannot_be_merged_is_refused_in_a_sentence(self, other: str) -> None:
        ann, bea = a_contact(), a_contact(email="bea@example.com")
        merge(ann, bea)
        number = {"itself": ann, "unknown": 4711, "merged already": bea}[other]
        with pytest.raises(CannotMerge, match=r"are one contact already|There is no contact 4711"):
            merge(ann, number)


CHANGED = {"placement.contact_id", "offer.contact_id", "follow_up.contact_id"}
"""What changes in other ways as well where the kept contact gets an owner: it is closed, and becomes the owner's."""


def an_identifier(contact: int, kind: str, value: str) -> None:
    add(Identifier, contact_id=contact, kind=kind, value=value, first_seen_at=NOW, last_seen_at=NOW)


def a_conflict(contact: int, held_by: int) -> None:
    told = {"kind": "email", "value": "ann@example.com", "found_at": NOW}
    add(IdentityConflict, contact_id=contact, held_by_id=held_by, **told)


def a_placement(contact: int) -> int:
    return add(Placement, contact_id=contact, router="inbound", reason="rule 1", offered=False, queued_at=NOW)


def an_entry(contact: int, rule: str | None, slot: str | None, points: int, at: Any) -> None:
    given = {"points": points, "reason": rule or "a journey", "rule": rule, "slot": slot, "decays": False}
    add(ScoreEntry, contact_id=contact, **given, day=at.date(), at=at)


def with_everything(contact: int) -> int:
    """One row in each table that can be about a contact; gives an event."""
    event, run = an_event(contact, "form_submitted", "request-info"), a_run(contact)
    a_step(run, 1, "send", "first")
    a_task(contact, run, rep_id=rep(SARAH), assignee=SARAH)
    a_message(contact)
    write(
        "INSERT INTO activity (run_id, number, contact_id, name) VALUES (:run, 2, :contact, 'm:f')",
        run=run,
        contact=contact,
    )
    an_identifier(contact, "phone", "+12075550123")
    a_conflict(contact, a_contact(email="bob@example.com"))
    a_conflict(a_contact(email="cid@example.com"), contact)
    an_entry(contact, "lead magnet", "once", 5, NOW)
    told = {"field": "start_by", "found": "soon", "expected": "a date", "received_at": NOW}
    add(UnreadValue, contact_id=contact, event_id=event, **told)
    add(Consent, contact_id=contact, is_given=True, at=NOW, received_at=NOW)
    add(Order, contact_id=contact, event_id=event, amount=190, currency="USD", placed_at=NOW)
    add(FollowUp, contact_id=contact, event_id=event, received_at=NOW, due_at=NOW)
    add(FulfilmentEntry, key="k", list="notes", contact_id=contact, data={}, created_at=NOW)
    add(TopicOptOut, contact_id=contact, topic="news", at=NOW)
    add(SplitTest, name="t", journey="lead_nurture", weights={}, started_at=NOW)
    add(SplitDraw, test="t", contact_id=contact, variant="a", how="drawn", weights={}, at=NOW)
    mail = {"key": "m", "kind": "reply", "from_address": "a@x", "to_address": "b@x", "subject": "s", "body": "b"}
    add(InboundMail, contact_id=contact, raw=b"", **mail)
    placement = a_placement(contact)
    add(Offer, placement_id=placement, contact_id=contact, rep_id=rep(SARAH), number=1, offered_at=NOW, expires_at=NOW)
    write(
        "INSERT INTO assignment (contact_id, rep_id, how, reason, at) VALUES (:contact, :rep, 'x', 'y', :now)",
        contact=contact,
        rep=rep(SARAH),
        now=NOW,
    )
    return event
