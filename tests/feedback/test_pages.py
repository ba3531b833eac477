"""The page on which owners say how it goes: a phone, no login, and nothing that a wrong link or a slip can break."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from models.access.token import sign_token
from models.access.work_link import sign_work_token
from models.feedback.owners import feedback_list_path, feedback_path
from tests.support.feedback import JOHN, SARAH, FeedbackStory
from tests.support.web_pages import Browser, browser

pytestmark = pytest.mark.usefixtures("database_url")

WON = {"contacted": "Yes, we have talked", "status": "Offer made", "result": "won"}


class Asked:
    """Sarah, asked about a lead of hers, with the page open."""

    def __init__(self) -> None:
        # Pages go by the clock on the wall.
        self.story = FeedbackStory(after=["1d"], cycles=[])
        self.story.now = self.story.begin = datetime.now(UTC) - timedelta(days=5)
        self.lead = self.story.lead_of(SARAH, first_name="Ana", last_name="Ribeiro", company="Northlight Dental")
        self.story.pass_time(timedelta(days=5))
        self.browser: Browser = browser()

    @property
    def rep(self) -> int:
        return int(self.story.one("SELECT id FROM rep WHERE email = :who", who=SARAH))

    def path(self, lead: int | None = None) -> str:
        request = self.story.one(
            "SELECT min(id) FROM feedback_request WHERE contact_id = :lead", lead=lead or self.lead
        )
        return feedback_path(request, self.rep, 0)

    def says(self, **typed: str) -> httpx.Response:
        return self.browser.post(self.path(), data=typed)

    def shown(self) -> str:
        answer = self.browser.get(self.path())
        assert answer.status_code == 200
        return answer.text

    def newest(self, columns: str) -> Any:
        return self.story.rows(f"SELECT {columns} FROM feedback ORDER BY id DESC LIMIT 1")[0]


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_looking_changes_nothing(asked: Asked) -> None:
    assert "How is it going with Ana Ribeiro?" in asked.shown()
    assert asked.story.one("SELECT count(*) FROM feedback") == 0


def test_the_page_is_small_and_has_no_script(asked: Asked) -> None:
    assert len(asked.shown()) < 100_000
    assert "<script" not in asked.shown()


def test_all_three_answers_are_complete(asked: Asked) -> None:
    assert asked.says(**WON, amount="4,800", product="growth-programme").status_code == 303
    assert asked.newest("level, is_complete, amount, currency, product") == (3, True, 4800, "USD", "growth-programme")
    assert "Thank you. Saved" in asked.shown()
    assert "Left to say" not in asked.shown()


def test_a_part_counts_and_is_shown_as_one(asked: Asked) -> None:
    assert asked.says(contacted="Yes, we have talked").status_code == 303
    assert asked.newest("level, is_complete") == (1, False)
    assert "Left to say, now or when you are asked again: where it stands" in asked.shown()


def test_what_was_said_is_filled_in_when_they_are_asked_again(asked: Asked) -> None:
    asked.says(contacted="Yes, we have talked", notes="Wants to see <b>numbers</b> & dates")
    asked.story.pass_time(timedelta(days=30))
    page = asked.shown()
    assert 'value="Yes, we have talked" checked' in page
    assert "Wants to see &lt;b&gt;numbers&lt;/b&gt; &amp; dates" in page


def test_an_order_that_is_known_is_filled_in(asked: Asked) -> None:
    asked.story.write(
        'INSERT INTO "order" (contact_id, event_id, reference, amount, currency, placed_at) '
        "VALUES (:lead, 99999, 'shop:1', 1234.5, 'EUR', :now)",
        lead=asked.lead,
        now=asked.story.now,
    )
    page = asked.shown()
    assert 'value="won" checked' in page
    assert 'value="1,234.50 EUR"' in page
    assert "What we know already" in page


@pytest.mark.parametrize(
    ("typed", "amount", "currency"),
    [
        ("4800", "4800.00", "USD"),
        ("$4,800.50", "4800.50", "USD"),
        ("4.800,00 €", "4800.00", "EUR"),
        ("£12,000", "12000.00", "GBP"),
        ("CHF 1'200.50", "1200.50", "CHF"),
        ("0", "0.00", "USD"),
    ],
)
def test_amounts_are_read_as_people_write_them(asked: Asked, typed: str, amount: str, currency: str) -> None:
    assert asked.says(**WON, amount=typed).status_code == 303
    assert [str(value) for value in asked.newest("amount, currency")] == [amount, currency]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Nothing was chosen"),
        ({"notes": "   "}, "Nothing was chosen"),
        (WON | {"amount": "about four thousand"}, "What it brought"),
        (WON | {"amount": "-5"}, "below zero"),
        (WON | {"amount": "99999999999999"}, "at most"),
        (WON | {"product": "gone-since"}, "not sold any more"),
        ({"status": "Long gone"}, "not one of the answers any more"),
        ({"contacted": "x" * 501}, "at most 500 fit"),
        ({"result": "sold"}, "not how a lead can end"),
        ({"result": "lost", "reason": "Felt like it"}, "not one of the answers any more"),
        ({"result": "working", "next_on": "31.3.2026"}, "is no day"),
        ({"result": "working", "next_on": "2020-01-01"}, "is over"),
        ({"result": "working", "next_on": "2199-01-01"}, "more than two years away"),
        ({"status": "Offer made", "notes": "x" * 10_001}, "at most 10,000 fit"),
        ({"status": "Offer made", "notes": "a\0b"}, ""),
    ],
)
def test_a_slip_is_told_in_a_sentence_and_changes_nothing(asked: Asked, typed: dict[str, str], says: str) -> None:
    answer = asked.says(**typed)
    assert answer.status_code in (400, 422)
    assert says in answer.text
    assert asked.story.one("SELECT count(*) FROM feedback") == 0


def test_a_slip_keeps_what_was_typed(asked: Asked) -> None:
    page = asked.says(**WON, amount="a lot", notes="Signed on the phone").text
    assert 'value="a lot"' in page
    assert "Signed on the phone" in page
    assert 'value="won" checked' in page


def test_what_is_folded_away_is_not_read(asked: Asked) -> None:
    assert asked.says(result="lost", reason="Does not fit", amount="nonsense", next_on="never").status_code == 303
    assert asked.newest("result, reason, amount, next_on") == ("lost", "Does not fit", None, None)


def test_a_double_post_counts_once(asked: Asked) -> None:
    assert [asked.says(**WON, amount="4800").status_code for _ in range(2)] == [303, 303]
    assert asked.story.one("SELECT count(*) FROM feedback") == 1
    assert asked.story.one("SELECT count(*) FROM event WHERE name = 'opportunity_won'") == 1


def test_a_lead_that_moved_is_answered_with_who_has_it_and_shows_nothing_of_it(asked: Asked) -> None:
    path = asked.path()
    asked.story.gets(JOHN, asked.lead)
    shown, said = asked.browser.get(path), asked.browser.post(path, data=WON)
    assert (shown.status_code, said.status_code) == (200, 409)
    assert "John Reed has this lead now" in shown.text
    assert "Ribeiro" not in shown.text + said.text
    assert asked.story.one("SELECT count(*) FROM feedback") == 0


@pytest.mark.parametrize("cause", ["left", "revoked"])
def test_a_link_ends_with_whom_it_is_for(asked: Asked, cause: str) -> None:
    path = asked.path()
    asked.story.write(
        "UPDATE rep SET active = false" if cause == "left" else "UPDATE rep SET link_number = link_number + 1"
    )
    for answer in (asked.browser.get(path), asked.browser.post(path, data=WON)):
        assert answer.status_code == 410
        assert "This link has ended" in answer.text
        assert "Ribeiro" not in answer.text
    assert asked.browser.get(feedback_list_path(asked.rep, 0)).status_code == 410


def test_a_link_of_somebody_erased_is_answered_kindly(asked: Asked) -> None:
    path = asked.path()
    asked.story.write("DELETE FROM contact")
    answer = asked.browser.get(path)
    assert answer.status_code == 404
    assert "has been erased" in answer.text


@pytest.mark.parametrize("forged", ["x", "WzEsMSwwXQ.forged", sign_token.__name__])
def test_a_forged_link_is_none_of_ours(asked: Asked, forged: str) -> None:
    for answer in (asked.browser.get(f"/feedback/{forged}"), asked.browser.post(f"/feedback/{forged}", data=WON)):
        assert answer.status_code == 404
        assert "not one of ours" in answer.text


def test_the_token_of_another_page_opens_nothing(asked: Asked) -> None:
    assert asked.browser.get(f"/feedback/{sign_token('task', [1, 1, 0])}").status_code == 404


def test_a_playbook_that_asks_nobody_any_more_says_so(asked: Asked) -> None:
    path = asked.path()
    asked.story.write("UPDATE playbook SET document = jsonb_set(document, '{feedback}', 'null')")
    assert asked.browser.get(path).status_code == asked.browser.post(path, data=WON).status_code == 410


def test_a_status_that_the_playbook_no_longer_has_is_kept_and_not_preselected(asked: Asked) -> None:
    asked.says(status="Offer made")
    asked.story.write("UPDATE feedback SET status = 'Quote sent'")
    asked.story.pass_time(timedelta(days=30))
    page = asked.shown()
    assert page.count(" checked") == 0
    assert asked.says(result="working", status="Put off by them").status_code == 303


def test_one_lead_leads_to_the_next(asked: Asked) -> None:
    ben = asked.story.lead_of(SARAH, "ben@example.com", first_name="Ben", last_name="Bolt")
    asked.story.pass_time(timedelta(days=4))
    listed = asked.browser.get(feedback_list_path(asked.rep, 0)).text
    assert "How are these 2 leads going?" in listed
    asked.says(status="Offer made")
    assert "Next: Ben Bolt" in asked.shown()
    asked.browser.post(asked.path(ben), data=WON | {"amount": "10"})
    assert "Nothing left to say" in asked.browser.get(feedback_list_path(asked.rep, 0)).text


def test_the_page_of_their_work_leads_to_what_they_are_asked_about(asked: Asked) -> None:
    work = f"/work/{sign_work_token(asked.rep, 0)}"
    path = feedback_list_path(asked.rep, 0)
    assert f'<a href="{path}">How is a lead of yours going?</a>' in asked.browser.get(work).text
    asked.browser.post(asked.path(), data=WON | {"amount": "10"})
    assert path not in asked.browser.get(work).text


def test_parts_that_are_said_one_after_the_other_add_up(asked: Asked) -> None:
    asked.says(contacted="Tried, not reached yet")
    asked.says(status="Offer made", notes="Wants two seats")
    asked.says(result="working")
    assert asked.newest("contacted, status, result, notes, level, is_complete") == (
        *("Tried, not reached yet", "Offer made", "working", "Wants two seats"),
        *(2, True),
    )
    page = asked.shown()
    assert "Left to say" not in page
    for filled in ("Tried, not reached yet", "Offer made", "working"):
        assert f'value="{filled}" checked' in page
    assert "Wants two seats</textarea>" in page


def test_the_level_never_falls_by_saying_more(asked: Asked) -> None:
    levels = []
    for part in ({"contacted": "Yes, we have talked"}, {"result": "working"}, {"notes": "x"}, {"status": "Offer made"}):
        asked.says(**part)
        levels.append(asked.newest("level")[0])
    assert levels == sorted(levels)


def test_what_is_emptied_or_chosen_anew_takes_the_place_of_what_was_said(asked: Asked) -> None:
    asked.says(**WON, amount="4,800 EUR", notes="Signed")
    asked.says(amount="5,000", notes="")
    assert asked.newest("result, amount, currency, notes") == ("won", 5000, "USD", None)
    asked.says(result="lost", reason="Does not fit")
    assert asked.newest("result, reason, amount, contacted") == ("lost", "Does not fit", None, WON["contacted"])


def test_won_without_a_value_is_asked_about_once_and_is_no_order_of_nothing(asked: Asked) -> None:
    refused = asked.says(**WON)
    assert (refused.status_code, "What did it bring?" in refused.text) == (422, True)
    assert 'name="sure" value="value"' in refused.text
    assert asked.story.one("SELECT count(*) FROM feedback") == 0
    assert asked.says(**WON, sure="value").status_code == 303
    asked.story.happens("page_visited", contact=asked.lead)
    page = asked.shown()
    assert ("amount not known yet" in page, "$0" in page, "Left to say" in page) == (True, False, True)
    asked.says(amount="1,200")
    asked.story.happens("page_visited", contact=asked.lead)
    assert asked.story.orders(asked.lead) == [(1200.0, "USD", True)]


def test_a_product_brings_its_list_price_without_a_question(asked: Asked) -> None:
    assert asked.says(**WON, product="growth-programme").status_code == 303


def test_won_without_a_talk_is_pointed_out_and_can_be_true(asked: Asked) -> None:
    typed = {"contacted": "Not yet", "result": "won", "amount": "100"}
    refused = asked.says(**typed)
    assert (refused.status_code, "If both are true, save it again" in refused.text) == (422, True)
    assert asked.says(**typed, sure="talk").status_code == 303


def test_a_part_that_the_playbook_no_longer_offers_stays_said(asked: Asked) -> None:
    asked.says(status="Offer made")
    asked.story.write("UPDATE feedback SET status = 'Quote sent'")
    assert asked.says(contacted="Yes, we have talked").status_code == 303
    assert asked.newest("status, level") == ("Quote sent", 2)
