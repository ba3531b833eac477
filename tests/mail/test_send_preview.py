"""`tend send-preview`: one mail to ourselves that looks as a contact gets it and counts nowhere."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from blocks.local_mailbox import LocalMailbox
from blocks.send_result import unavailable
from blocks.sendgrid_request import MESSAGE_ID, build_request
from blocks.smtp_message import as_mime
from deployments.commands.mail.send_preview import find_template, journey_kind, render_test_email, send_email
from deployments.stack.command_error import CommandError
from models import MessageKind
from models.mail.rendering.email import RenderedEmail
from models.mail.rendering.preview import MailTemplate, mail_templates
from models.mail.rendering.sample import contact_recipient, full_recipient
from tests.support.database import rows
from tests.support.mail.outbox import FakeMailer, a_contact, a_rep
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.row_counts import count_rows
from tests.support.web_pages import browser

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
NORA = "nora@brightwater.example.com"
MAILS = mail_templates()

pytestmark = pytest.mark.usefixtures("database_url")


def chosen(journey: str, step: str) -> MailTemplate:
    return find_template(MAILS, journey, step)


def to_nora(mail: MailTemplate, connection: Connection) -> RenderedEmail:
    """The test mail as the newest contact gets it."""
    receiver = contact_recipient(connection, None)
    assert receiver is not None
    return render_test_email(mail, receiver, apply_playbook(), NORA, NOON, journey_kind(mail))


def test_it_is_marked_and_looks_as_the_newest_contact_gets_it(connection: Connection) -> None:
    apply_playbook()
    a_contact("old@example.com", first_name="Old")
    a_contact("ben@example.com", first_name="Ben", owner_id=a_rep())
    mail = to_nora(chosen("lead_qualification", "thanks"), connection)

    assert mail.subject == "[Test] Thank you, Ben: here is what happens next"
    assert mail.to_address == NORA
    assert "Sarah Miller will call you" in mail.text
    assert contact_recipient(connection, "old@example.com") is not None
    assert contact_recipient(connection, "nobody@example.com") is None


def test_it_leaves_no_trace_but_the_email(connection: Connection) -> None:
    apply_playbook()
    ben = a_contact("ben@example.com")
    before = count_rows()
    mail = chosen("lead_nurture", "article_1")
    said = send_email(LocalMailbox(), to_nora(mail, connection), mail, "ben@example.com")
    send_email(LocalMailbox(), email := to_nora(mail, connection), mail, "ben@example.com")
    browser().post(re.search(r"/unsubscribe/[^>]+", email.headers["List-Unsubscribe"])[0])  # type: ignore[index]

    assert count_rows() == before | {"letter": before["letter"] + 2}
    assert rows("SELECT suppressed FROM contact WHERE id = :id", id=ben) == [(None,)]
    assert said == (
        f"Sent lead_nurture/article_1 as ben@example.com gets it to {NORA} by Local mailbox: "
        '"[Test] Which of your problems is the real one?".'
    )


def test_no_provider_can_count_it(connection: Connection) -> None:
    apply_playbook()
    a_contact()
    mail = chosen("lead_nurture", "article_1")
    first, second = (to_nora(mail, connection) for _ in range(2))
    request = build_request(first, tracked=first.tracked)

    assert MESSAGE_ID not in request.get("custom_args", {})
    assert "categories" not in request
    assert request["tracking_settings"]["open_tracking"]["enable"] is False
    assert "/c/" not in first.html
    assert "/o/" not in first.html
    assert first.reply_to == the_shipped_playbook().company.reply_to
    # Mail programs drop a second mail with the same id.
    assert as_mime(first)["Message-ID"] != as_mime(second)["Message-ID"]


@pytest.mark.parametrize(
    ("journey", "step", "kind"),
    [
        ("lead_qualification", "thanks", MessageKind.TRANSACTIONAL),
        ("lead_nurture", "article_1", MessageKind.MARKETING),
        ("lead_qualification", "call_lead", MessageKind.TASK),
        ("team", "alarm", MessageKind.TEAM),
    ],
)
def test_it_is_sent_as_what_its_journey_sends_it_as(journey: str, step: str, kind: MessageKind) -> None:
    mail = chosen(journey, step)
    email = render_test_email(
        mail, full_recipient(the_shipped_playbook()), the_shipped_playbook(), NORA, NOON, journey_kind(mail)
    )

    assert email.kind is kind
    assert ("List-Unsubscribe" in email.headers) is (kind is MessageKind.MARKETING)


def test_what_was_meant_is_proposed() -> None:
    with pytest.raises(
        CommandError, match=r"^There is no mail lead_nurture/artcle_1\. Did you mean article_1 or .* has: art"
    ):
        chosen("lead_nurture", "artcle_1")
    with pytest.raises(
        CommandError, match=r"journey 'lead_nuture'\. Did you mean lead_nurture.* There are: .*re_engagement"
    ):
        chosen("lead_nuture", "article_1")


def test_a_mailer_that_does_not_take_it_is_reported_in_a_sentence(connection: Connection) -> None:
    apply_playbook()
    a_contact()
    mailer, mail = FakeMailer(), chosen("lead_nurture", "article_1")
    mailer.answer(NORA, unavailable("421 too busy"))

    with pytest.raises(CommandError, match=rf"^lead_nurture/article_1 to {NORA} by Fake mailer: later\. 421 too busy$"):
        send_email(mailer, to_nora(mail, connection), mail, "ana")


def test_a_template_that_cannot_be_filled_in_is_reported_in_a_sentence(connection: Connection) -> None:
    apply_playbook()
    a_contact(email="x@example.com")
    # The mail of a sender whose sample is not beside it.
    with pytest.raises(
        CommandError, match=r"^team/fulfilment_list cannot be written for them\. data\.\w+ is empty here"
    ):
        to_nora(_without_sample("team/fulfilment_list"), connection)


def _without_sample(name: str) -> MailTemplate:
    class Bare(MailTemplate):
        sample_data = {}  # noqa: RUF012 - stands in for a property

    return Bare(name)
