"""Leads and events that are told late: what is taken as history, by whom, and what it does not do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from flows.runtime.virtual_time import run_due
from models.access.token import read_secret
from models.database import engine
from models.leads.imports.lead_import import ImportResult, import_file
from models.leads.incoming_event import read_incoming_events
from models.leads.reading.lead import Lead, UnreadableLead
from models.leads.reading.read_lead import read_lead
from models.leads.reading.told_late import KEY_HOLDER, Sending
from models.playbook import Playbook
from tests.support.database import rows
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story
from tests.support.web_pages import browser

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
PLAYBOOK = the_shipped_playbook()
FILE = Sending(is_file=True, may_date=True)
MakeStory = Callable[..., Story]


def changed(source: str = "api", **rules: Any) -> Playbook:
    """The shipped playbook with a source that has these rules."""
    found = PLAYBOOK.sources[source].model_copy(update=rules)
    return PLAYBOOK.model_copy(update={"sources": {**PLAYBOOK.sources, source: found}})


def read(sending: Sending = KEY_HOLDER, playbook: Playbook = PLAYBOOK, source: str = "api", **payload: Any) -> Lead:
    return read_lead(source, playbook, {"email": "ann@example.com", **payload}, NOW, sending=sending)


@pytest.mark.parametrize(
    ("ago", "is_history"),
    [(timedelta(), False), (2 * DAY, False), (2 * DAY + INSTANT, True), (365 * DAY, True), (-5 * DAY, False)],
)
def test_a_lead_that_happened_longer_ago_than_the_limit_is_history(ago: timedelta, is_history: bool) -> None:
    lead = read(at=(NOW - ago).isoformat())
    assert (lead.is_history, lead.at) == (is_history, min(NOW, NOW - ago))


def test_each_source_has_its_own_limit_or_is_history_as_a_whole() -> None:
    weekly = changed(history_after=timedelta(weeks=1))
    week_ago = (NOW - 6 * DAY).isoformat()
    assert (read(at=week_ago).is_history, read(playbook=weekly, at=week_ago).is_history) == (True, False)
    assert read(playbook=changed(history=True)).is_history


def test_the_clock_of_a_stranger_is_not_asked() -> None:
    lead = read_lead("website", PLAYBOOK, {"email": "ann@example.com", "timestamp": "2020-01-01", "history": True}, NOW)
    assert (lead.at, lead.is_history) == (NOW, False)


def test_a_day_that_cannot_be_read_is_kept_and_a_file_asks_nobody_on_such_a_ground() -> None:
    live, row = read(at="the other day"), read(FILE, at="the other day")
    assert [one.unread[0].field for one in (live, row)] == ["at", "at"]
    assert [one.is_history for one in (live, row)] == [False, True]
    assert not read(FILE).is_history


class TestConsent:
    """When they agreed, by which words, where."""

    def test_a_form_says_when_and_by_which_words(self) -> None:
        lead = read(
            consent="yes",
            **{
                "consent date": "2026-03-31T14:30:00Z",
                "consent text": "Yes, send me offers.",
                "page url": "https://example.com/offers",
                "ip": "2001:db8::1",
            },
        )
        assert lead.consent is not None
        assert (lead.consent.at, lead.consent.is_dated) == (datetime(2026, 3, 31, 14, 30, tzinfo=UTC), True)
        assert lead.consent.words == "Yes, send me offers."
        assert lead.consent.page == "https://example.com/offers"
        assert lead.consent.network_address == "2001:db8::1"

    @pytest.mark.parametrize(
        ("box", "words"),
        [("I agree to the privacy policy", "I agree to the privacy policy"), ("yes", None), ("on", None)],
    )
    def test_a_box_that_sends_its_sentence_gives_the_words(self, box: str, words: str | None) -> None:
        lead = read(consent=box)
        assert lead.consent is not None
        assert lead.consent.words == words

    def test_words_without_a_day_count_from_when_the_form_was_filled_in(self) -> None:
        filled_in = NOW - 90 * DAY
        lead = read(FILE, consent="yes", at=filled_in.isoformat())
        assert lead.consent is not None
        assert (lead.consent.at, lead.consent.is_dated) == (filled_in, True)

    def test_a_row_without_any_day_proves_none(self) -> None:
        lead = read(FILE, consent="yes")
        assert lead.consent is not None
        assert not lead.consent.is_dated

    def test_the_list_of_a_mail_service_has_days_and_no_boxes(self) -> None:
        lead = read(FILE, OPTIN_TIME="2025-03-31 14:30:00", OPTIN_IP="192.0.2.7", CONFIRM_TIME="")
        assert lead.consent is not None
        assert lead.consent.network_address == "192.0.2.7"
        assert lead.consent.at.year == 2025

    def test_hidden_fields_agree_to_nothing(self) -> None:
        hidden = {"consent text": "I agree to everything", "consent date": NOW.isoformat(), "ip": "192.0.2.7"}
        assert read(**hidden).consent is None
        assert read(**hidden, consent="no").consent is None


EVENT = {"name": "page_visited", "contact": {"email": "ann@example.com"}}


@pytest.mark.parametrize(
    ("said", "is_history"),
    [
        ({}, False),
        ({"at": (NOW - 3 * DAY).isoformat()}, True),
        ({"at": (NOW - 2 * DAY).isoformat()}, False),
        ({"at": (NOW - 2 * DAY).replace(tzinfo=None).isoformat()}, False),
        ({"history": True}, True),
        ({"at": (NOW - 3 * DAY).isoformat(), "history": False}, False),
    ],
)
def test_an_event_is_history_by_its_moment_or_outright(said: dict[str, Any], is_history: bool) -> None:
    [event] = read_incoming_events(EVENT | said, PLAYBOOK, NOW)
    assert event.is_history is is_history


def test_history_is_yes_or_no() -> None:
    with pytest.raises(UnreadableLead, match="history"):
        read_incoming_events(EVENT | {"history": "yes"}, PLAYBOOK, NOW)


class TestThroughTheDoor:
    """As senders and ops see it."""

    @pytest.fixture
    def story(self, make_story: MakeStory) -> Story:
        return make_story()

    def post(self, path: str, sent: object) -> list[object]:
        """What is answered to somebody with the API key: `history` of each lead or event."""
        with engine().begin() as connection:
            key = read_secret(connection, "api key")
        headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
        response = browser().post(path, json=sent, headers=headers)
        assert response.status_code == 201, response.text
        answers = response.json()
        return [answer.get("history") for answer in (answers if isinstance(answers, list) else [answers])]

    def test_the_answer_says_what_was_taken_as_history(self, story: Story) -> None:
        lead = {"email": "ann@example.com", "form": "request-info"}
        assert self.post("/leads/api", lead | {"submitted at": "2024-02-29T12:00:00Z"}) == [True]
        assert self.post("/leads/api", lead | {"email": "bob@example.com"}) == [None]
        assert self.post("/events", [EVENT | {"at": "2024-02-29T12:00:00Z"}, EVENT]) == [True, None]

    def import_file(self, path: Path, *lines: str, **how: Any) -> ImportResult:
        path.write_text("\n".join(lines))
        return sum(import_file(path, "website", "request-info", **how), ImportResult())

    def test_last_years_forms_ask_nobody_and_the_report_says_so(self, story: Story, tmp_path: Path) -> None:
        old, fresh = "02/29/2024 14:30", (datetime.now(UTC) - timedelta(hours=3)).isoformat()
        found = self.import_file(
            tmp_path / "forms.csv",
            "email,submitted at,message",
            f"ann@example.com,{old},Call me",
            f"bob@example.com,{fresh},Call me",
            "cid@example.com,,Call me",
        )
        assert (found.created, found.history) == (3, 1)
        marked = rows("SELECT email, is_history FROM event JOIN contact ON contact.id = contact_id ORDER BY email")
        assert marked == [("ann@example.com", True), ("bob@example.com", False), ("cid@example.com", False)]
        [(reached,)] = rows("SELECT mgl_at FROM contact WHERE email = 'ann@example.com'")
        assert reached == datetime(2024, 2, 29, 19, 30, tzinfo=UTC)

    def test_a_file_may_be_called_history_as_a_whole(self, story: Story, tmp_path: Path) -> None:
        lines = ("email", "ann@example.com", "bob@example.com")
        assert self.import_file(tmp_path / "forms.csv", *lines, history=True).history == 2
        assert self.import_file(tmp_path / "forms.csv", *lines, history=True).history == 0
        with engine().connect() as connection:
            assert connection.execute(text("SELECT bool_and(is_history) FROM event")).scalar_one()

    @pytest.mark.parametrize("order", ["old middle new", "new middle old", "middle new old"])
    @pytest.mark.parametrize("files", ["one file", "a file each"])
    def test_the_newest_row_by_its_own_day_counts_in_whatever_order_a_list_comes(
        self, story: Story, tmp_path: Path, order: str, files: str
    ) -> None:
        rows_of = {
            "old": "ann@example.com,2019-05-01,Ann,Li,Austin,2075550123",
            "middle": "ann@example.com,2021-05-01,Ann,Li,Dallas,",
            "new": "ann@example.com,2023-05-01,Ann,Lee,Waco,2075550199",
        }
        lines = [rows_of[which] for which in order.split()]
        for number, part in enumerate([lines] if files == "one file" else [[line] for line in lines]):
            head = "email,submitted at,first name,last name,city,phone"
            self.import_file(tmp_path / f"{number}.csv", head, *part, history=True)
            run_due(story.definitions, story.now)
        assert rows("SELECT last_name, city, phone FROM contact") == [("Lee", "Waco", "+12075550199")]

    def test_a_row_of_the_past_changes_nothing_of_who_has_been_here_since(self, story: Story, tmp_path: Path) -> None:
        self.post("/leads/api", {"email": "ann@example.com", "city": "Waco"})
        for day in ("2019-05-01", ""):
            self.import_file(
                tmp_path / "past.csv", "email,submitted at,city", f"ann@example.com,{day},Austin", history=True
            )
        assert rows("SELECT city FROM contact") == [("Waco",)]

    def test_a_row_of_the_past_without_a_day_is_newer_than_none(self, story: Story, tmp_path: Path) -> None:
        for line in ("ann@example.com,2019-05-01,Austin", "ann@example.com,,Dallas"):
            self.import_file(tmp_path / "past.csv", "email,submitted at,city", line, history=True)
        assert rows("SELECT city FROM contact") == [("Austin",)]
