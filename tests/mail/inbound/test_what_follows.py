"""What follows from mails by what they ask, and from those in which nothing is said."""

import json
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.mail.inbound import receive_mail
from models.mail.inbound.mime import ParsedMail
from tests.support.database import rows
from tests.support.mail.inbound_mail import a_parsed_mail, a_raw_mail, post_parts, receive, reply_to
from tests.support.playbook import apply_playbook
from tests.support.story import Story
from tests.support.web_pages import a_contact, a_message, events


@pytest.fixture(autouse=True)
def playbook(database_url: str) -> None:
    """As it is delivered."""
    apply_playbook()


def answered() -> str:
    """Where Ana answers a mail of ours."""
    return reply_to(a_message(a_contact(), template="offer_sequence/offer", state="sent"))


# Opt-outs.


@pytest.mark.parametrize(
    "text",
    [
        "Hi Nora,\n\nPlease unsubscribe me.\n\nThanks,\nAna\n\nSent from my iPhone\n\nOn Mon, 2 Mar 2026 at 9:00 Nora "
        "<a@b.example> wrote:\n> Buy two!",
        "Guten Tag,\nbitte nehmen Sie mich aus dem Verteiler.\nMit freundlichen Grüßen\nAna",
    ],
)
def test_who_asks_to_be_left_off_is_and_it_scores_nothing_and_asks_nobody(text: str) -> None:
    story = Story(discover())
    ann = story.contact()
    message = a_message(ann, template="offer_sequence/offer", state="sent")
    receive(a_parsed_mail(text, to=reply_to(message)))
    story.write("UPDATE event SET at = :now, received_at = :now WHERE name = 'unsubscribed'", now=story.now)
    run_due(story.definitions, story.now)
    story.pass_time(timedelta(days=1))
    assert rows("SELECT suppressed, score FROM contact") == [("unsubscribed", 0)]
    assert (story.tasks(ann), rows("SELECT kind FROM inbound_mail")) == ([], [("unsubscribe",)])
    assert [name for name, _ in events()] == ["unsubscribed"]


def test_who_also_wants_something_else_is_left_off_and_answered_by_a_person() -> None:
    receive(a_parsed_mail("Please unsubscribe me from the newsletter, but call me about the offer.", to=answered()))
    assert rows("SELECT suppressed FROM contact") == [("unsubscribed",)]
    assert events() == [("unsubscribed", None), ("replied", "offer_sequence/offer")]


def test_who_only_speaks_of_unsubscribing_is_a_person_and_who_reads_it_is_told() -> None:
    receive(a_parsed_mail("How do I unsubscribe a user in your product?", to=answered()))
    assert rows("SELECT suppressed FROM contact") == [(None,)]
    [(hint,)] = rows("SELECT data ->> 'hint' FROM event WHERE name = 'replied'")
    assert "unsubscribing" in hint


def test_who_wants_their_data_deleted_is_left_off_and_a_person_sees_to_it_before_a_day_is_over() -> None:
    story = Story(discover())
    ann = story.contact()
    message = a_message(ann, template="offer_sequence/offer", state="sent")
    receive(a_parsed_mail("Delete my data, or you hear from my lawyer.", to=reply_to(message)))
    story.write("UPDATE event SET at = :now, received_at = :now", now=story.now)
    run_due(story.definitions, story.now)
    assert rows("SELECT suppressed, score FROM contact") == [("unsubscribed", 0)]
    assert [(journey, name) for journey, name in story.rows("SELECT journey, name FROM task")] == [
        ("privacy_request", "first reading")
    ]
    story.reports("first reading", "Needs Somebody Else", contact=ann)
    story.reports("second reading", "Done and Answered", contact=ann)
    assert story.runs(ann) == [("privacy_request", "answered")]


# Calendars, empty mails and files.

REPLY_OF_CALENDAR = """BEGIN:VCALENDAR
PRODID:-//{by}//Calendar//EN
METHOD:{method}
BEGIN:VEVENT
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={answer};CN=Ana;X-NUM-
 GUESTS=0:mailto:ana@example.com
SUMMARY:Demo\\, first part
{more}END:VEVENT
END:VCALENDAR
"""


def a_calendar_mail(
    answer: str, text: str = "", *, by: str = "Google Inc", method: str = "REPLY", more: str = ""
) -> Any:
    """An answer to an invitation, in the raw form."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "ana@example.com", "Accepted: Demo", "<1@x>"
    mail.set_content(text)
    calendar = REPLY_OF_CALENDAR.format(by=by, method=method, answer=answer, more=more)
    mail.add_alternative(calendar, subtype="calendar", params={"method": method})
    return mail


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("ACCEPTED", "Accepted the invitation “Demo, first part”."),
        ("DECLINED", "Declined the invitation “Demo, first part”."),
        ("TENTATIVE", "Tentatively accepted the invitation “Demo, first part”."),
    ],
)
def test_a_calendars_answer_is_said_in_words_and_makes_no_task(answer: str, words: str) -> None:
    receive(a_raw_mail(a_calendar_mail(answer, "Ana has answered this invitation."), to=answered()))
    assert rows("SELECT kind, body FROM inbound_mail") == [("calendar answer", words)]
    assert events() == [("auto_replied", "calendar-answer")]


@pytest.mark.parametrize(
    "mail",
    [
        a_calendar_mail("DECLINED", "On Tuesday I could.", by="Microsoft Corporation"),
        a_calendar_mail("DECLINED", "Ana has declined.", more="COMMENT:On Tuesday I could.\n"),
        a_calendar_mail("NEEDS-ACTION", "On Tuesday I could.", method="COUNTER"),
        a_calendar_mail("NEEDS-ACTION", "On Tuesday I could.", method="REQUEST"),
    ],
    ids=["words", "comment", "another time", "their own invitation"],
)
def test_who_writes_something_with_it_or_invites_us_is_a_person(mail: EmailMessage) -> None:
    receive(a_raw_mail(mail, to=answered()))
    [(kind, body)] = rows("SELECT kind, body FROM inbound_mail")
    assert (kind, "On Tuesday I could." in body) == ("reply", True)


def test_a_calendars_answer_is_known_in_the_parsed_form_too() -> None:
    calendar = REPLY_OF_CALENDAR.format(by="Google Inc", method="REPLY", answer="ACCEPTED", more="").encode()
    post = a_parsed_mail("Ana has accepted.", to=answered())
    post["files"]["attachment1"] = ("invite.ics", calendar, "text/calendar")
    receive(post)
    assert events() == [("auto_replied", "calendar-answer")]


@pytest.mark.parametrize("text", ["", "  \n\n", "-- \nAna Field\nACME", "Sent from my iPhone"])
def test_an_empty_mail_makes_no_empty_task(text: str) -> None:
    receive(a_parsed_mail(text, to=answered()))
    assert events() == [("auto_replied", "empty")]


def test_a_mail_that_is_all_subject_is_a_persons() -> None:
    receive(a_parsed_mail("", to=answered(), headers={"Subject": "Yes, please call me"}))
    assert [name for name, _ in events()] == ["replied"]


def test_a_file_alone_is_a_persons_and_says_so_and_the_picture_of_a_signature_is_no_file() -> None:
    address = answered()
    for name in ("order.pdf", "image001.png"):
        mail = EmailMessage()
        mail["From"], mail["Subject"], mail["Message-ID"] = "ana@example.com", "Re: Hello", f"<{name}>"
        mail.set_content("")
        mail.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
        receive(a_raw_mail(mail, to=address))
    assert rows("SELECT kind, body FROM inbound_mail ORDER BY id") == [
        ("reply", "(Sent a file without writing anything.)\n\n[attached: order.pdf]"),
        ("empty", ""),
    ]


# The same mail, and another one of the same words.


def without_id(**headers: str) -> dict[str, Any]:
    """A post of a mail that has no Message-ID."""
    lines = "\n".join(f"{name}: {value}" for name, value in {"From": "ana@example.com", **headers}.items())
    return post_parts(headers=lines, text="Yes.", envelope=json.dumps({"to": ["x@y.example"], "from": "a@b.example"}))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"Date": "Mon, 2 Mar 2026 09:00:00 +0000"}, {"Date": "Mon, 9 Mar 2026 09:00:00 +0000"}),
        ({"Received": "by mx; Mon, 2 Mar 2026"}, {"Received": "by mx; Mon, 9 Mar 2026"}),
        ({"Message-ID": "<1@x>"}, {"Message-ID": "<2@x>"}),
    ],
)
def test_mails_of_the_same_words_are_told_apart_and_a_repeated_post_is_none(
    first: dict[str, str], second: dict[str, str]
) -> None:
    stored = [receive(without_id(**headers)).json()["stored"] for headers in (first, first, second, second, first)]
    assert stored == [True, False, True, False, False]


def test_where_nothing_tells_them_apart_it_is_the_time_in_which_a_provider_repeats() -> None:
    mail = ParsedMail(from_address="ana@example.com", subject="Re: Hello", text="Yes.")
    [(begun,)] = rows("SELECT CAST('2026-03-02 23:59:59Z' AS timestamptz)")
    stored = []
    for after in (timedelta(0), timedelta(seconds=2), timedelta(days=2), timedelta(days=7), timedelta(days=8)):
        with engine().begin() as connection:
            stored.append(receive_mail(connection, mail, b"x", begun + after) is not None)
    assert stored == [True, False, False, True, False]
