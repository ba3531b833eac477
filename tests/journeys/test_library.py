"""The library's journeys for leads who hesitate and for customers, each told as what its contact notices."""

from datetime import timedelta

import pytest

from flows.runtime.definitions.run import Run
from flows.runtime.prefect_flow import discover
from flows.testing import MONDAY, a_contact, after, scenarios, trip
from models import ProductTier, Suppression

LOOKED = "page_visited:order"
READER = a_contact(custom={"challenge": "Customer loyalty"})


def names(mails: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """(day, mail) without the journey."""
    return [(day, mail.partition("/")[2]) for day, mail in mails]


# The code of the discount


def test_the_code_comes_at_once_and_is_reminded_of_while_it_is_good() -> None:
    told = trip("welcome", on="form_submitted:discount", follow=True, lasts=timedelta(days=31))
    assert names(told.mails)[:4] == [(0, "delivery"), (4, "use_it"), (14, "what_to_bring"), (25, "last_days")]
    assert told.outcome.endings["discount_follow_up"] == "handed over to reading_list"
    assert told[-1][0] == 31


def test_a_look_at_the_order_page_is_reminded_of_once() -> None:
    told = trip("discount_follow_up", answers={"day 5": LOOKED, "day 16": LOOKED})
    assert names(told.mails) == [
        (4, "use_it"),
        (6, "order_reminder"),
        (14, "what_to_bring"),
        (25, "last_days"),
    ]


@scenarios("""
scenario               | agreed | had them | day 10 order | ends
lets it lapse          | yes    | no       | no           | handed over to reading_list
uses the code          | yes    | no       | yes          | bought
wants no mail          | no     | no       | no           | wants no mail
asks for it once more  | yes    | yes      | no           | handed over to reading_list
""")
def test_how_the_discount_ends(agreed: bool, had_them: bool, day_10_order: bool, ends: str) -> None:
    contact = a_contact(agreed_to_mail=agreed, was_sent=["discount_follow_up/last_days"] if had_them else [])
    told = trip("discount_follow_up", contact, {"day 10": "order_placed:strategy-session"} if day_10_order else {})
    assert told.ending == ends
    assert not (told.mails and (had_them or not agreed))


def test_who_has_to_confirm_gets_the_reminders_after_that() -> None:
    confirming = a_contact(suppressed=Suppression.UNCONFIRMED, awaits_confirmation=True)
    told = trip("discount_follow_up", confirming, {"confirmation": after(timedelta(days=2), "consent_confirmed")})
    assert names(told.mails)[0] == (4, "use_it")
    assert trip("discount_follow_up", confirming).ending == "wants no mail"


def test_who_asked_for_a_discount_long_ago_is_not_reminded_of_it() -> None:
    told = trip("welcome", a_contact(submitted=["discount"]), on="form_submitted:ebook")
    assert told.ending == "handed over to reading_list"


# The order page


def test_a_visit_without_an_order_brings_a_question_the_day_after() -> None:
    told = trip("order_page_left")
    assert told.mails == [(1, "order_page_left/reminder")]
    assert told.ending == "let it pass"


@pytest.mark.parametrize("elsewhere", ["offer_sequence", "discount_follow_up", "long_term_follow_up"])
def test_nobody_is_reminded_twice_of_one_visit(elsewhere: str) -> None:
    assert trip("order_page_left", a_contact(is_on=[elsewhere])).mails == []
    assert trip("order_page_left", a_contact(was_sent=["order_page_left/reminder"])).mails == []


def test_an_order_on_the_same_day_spares_the_question() -> None:
    told = trip("order_page_left", answers={"day 0 15:00": "order_placed:strategy-session"})
    assert (told.mails, told.ending) == ([], "bought")


def test_who_comes_back_to_the_page_hears_from_a_person() -> None:
    answers = {"answer to the reminder": LOOKED, "came_back": "Talked: Wants an Offer"}
    told = trip("order_page_left", answers=answers)
    assert told.tasks == [(2, "came_back")]
    assert told.ending == "handed over to offer_sequence"


# The second offer


def test_the_second_round_of_the_offer_has_other_texts_and_the_third_is_a_person() -> None:
    first = trip("offer_sequence")
    second = trip("offer_sequence", a_contact(was_sent=[mail for _, mail in first.mails]))
    assert [mail for _, mail in names(second.mails)] == ["one_step_first", "second_case_study", "what_is_in_the_way"]
    had_both = a_contact(was_sent=[mail for _, mail in (*first.mails, *second.mails)])
    third = trip("offer_sequence", had_both, {"third_offer": "Talked: Not Now"})
    assert (third.tasks, names(third.mails)) == ([(0, "third_offer")], [(0, "after_talk")])


def test_who_was_on_the_offer_before_there_was_a_second_round_stays_on_the_first() -> None:
    old = '["route","inbound","Sarah Miller",1772442000.0],["send","offer","queued",1772442000.0],'
    run = Run(1, 1, MONDAY, "answer to offer", MONDAY, old)
    step = run.advance(discover()["offer_sequence"].make_coroutine, MONDAY + timedelta(days=4))
    run.close()
    assert step is not None, run.stuck_reason
    assert (step.title, run.number) == ("send 'case_study'", 4)


# One on one


@scenarios("""
scenario            | score | answer                          | mails | tasks | ends
still hot, silent   | 40    | silent                          | 1     | 0     | let it pass
looks at the times  | 40    | link_clicked:one_on_one/invitation | 1  | 1     | not interested
writes              | 40    | replied                         | 1     | 1     | not interested
gone cold           | 10    | silent                          | 0     | 0     | not qualified any more
""")
def test_the_most_qualified_are_invited_after_three_weeks(
    score: int, answer: str, mails: int, tasks: int, ends: str
) -> None:
    answers = {"answer to the invitation": answer, "call_the_invited": "Talked: Not Interested"}
    told = trip("one_on_one", a_contact(score=score), answers)
    assert (len(told.mails), len(told.tasks), told.ending) == (mails, tasks, ends)
    assert not told.mails or told.mails == [(21, "one_on_one/invitation")]


@pytest.mark.parametrize(
    "contact",
    [
        a_contact(score=60, was_sent=["offer_sequence/call_invitation"]),
        a_contact(score=60, is_on=["lead_qualification"]),
        a_contact(score=60, bought=[ProductTier.ENTRY]),
    ],
    ids=["invited before", "being talked to", "a customer"],
)
def test_nobody_is_invited_who_need_not_be(contact: object) -> None:
    assert trip("one_on_one", contact).mails == []  # type: ignore[arg-type]


def test_a_booking_ends_the_invitation_and_starts_the_qualification() -> None:
    told = trip("one_on_one", a_contact(score=60), {"day 23": "form_submitted:book-call"}, follow=True)
    assert told.ending == "booked a call"
    assert (23, "task first call") in told


# Customers


def test_a_customer_is_cared_for_kept_and_asked_back_after_a_year() -> None:
    told = trip("customer_care", a_contact(bought=[ProductTier.ENTRY]), follow=True)
    marketing = [mail.template for mail in told.outcome.sent if mail.is_marketing]
    assert marketing == [
        "customer_care/one_month_in",
        "customer_care/what_comes_next",
        "customer_care/pass_it_on",
        "retention/quarter_review",
        "retention/for_your_team",
        "retention/a_year_on",
        "win_back/what_became_of_it",
        "win_back/an_open_door",
    ]
    assert told.outcome.endings["win_back"] == "gone quiet"
    first_of_win_back = next(day for day, mail in told.mails if mail == "win_back/what_became_of_it")
    assert first_of_win_back > 365


def test_another_order_ends_the_mails_of_the_one_before() -> None:
    told = trip("retention", answers={"day 100": "order_placed:growth-programme"})
    assert (names(told.mails), told.ending) == ([(91, "quarter_review")], "bought again")
    again = trip("retention", a_contact(was_sent=["retention/quarter_review"]))
    assert names(again.mails) == [(182, "for_your_team"), (273, "a_year_on")]


@scenarios("""
scenario          | answer                          | outcome                | ends
wants to go on    | replied                         | Talked: Wants an Offer | handed over to offer_sequence
only says hello   | replied                         | Talked: Not Now        | keeps in touch
nobody calls      | replied                         | silent                 | not called
""")
def test_a_customer_who_answers_after_a_year_talks_to_a_person(answer: str, outcome: str, ends: str) -> None:
    told = trip("win_back", answers={"answer to what_became_of_it": answer, "welcome_back": outcome})
    assert (told.tasks, told.ending) == ([(1, "welcome_back")], ends)


def test_one_customer_in_ten_shows_what_the_win_back_brings() -> None:
    held_out = trip("win_back", answers={"win_back holdout": "held out"})
    assert (held_out.mails, held_out.ending) == ([], "held out")
