"""The SendGrid mailer: what it asks for, and what each answer of SendGrid means for an email."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import SecretStr, ValidationError

from blocks.send_result import SendStatus
from blocks.sendgrid import MAX_THREADS, SendGridMailer, Tracking
from blocks.sendgrid_breaker import MOST_UNKNOWN_IN_A_ROW
from blocks.sendgrid_request import build_request
from blocks.sendgrid_response import retry_after
from deployments.sendgrid_double import CUT, HANG, FakeSendGrid, run_fake
from deployments.sendgrid_double.mail_send_rules import validation_errors
from models import MessageKind
from models.mail.rendering.email import EmailDraft, RenderContext, render_email
from models.mail.rendering.links import Links
from tests.support.mail.emails import an_email
from tests.support.paths import SHARED
from tests.support.playbook import the_shipped_playbook
from tests.support.servers.ports import free_port

# What SendGrid publishes lies beside the checkout, not in it.
CONTRACT = SHARED / "contracts" / "sendgrid" / "tsg_mail_v3.patched.json"
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def running_fake() -> Iterator[FakeSendGrid]:
    with run_fake() as fake:
        yield fake


@pytest.fixture
def fake(running_fake: FakeSendGrid) -> FakeSendGrid:
    """The same for all tests of this file, as if it had just been started."""
    running_fake.reset()
    return running_fake


@contextmanager
def mailer_to(url: str, key: str = "SG.double", **fields: Any) -> Iterator[SendGridMailer]:
    mailer = SendGridMailer(api_key=SecretStr(key), host=url, **fields)
    yield mailer
    mailer.close()


@pytest.fixture
def mailer(fake: FakeSendGrid) -> Iterator[SendGridMailer]:
    with mailer_to(fake.url) as mailer:
        yield mailer


def problems(request: dict[str, Any]) -> list[str]:
    """What the published contract has against a request, and the double's own reading of what that misses."""
    said = [complaint.message for complaint in validation_errors(request, NOON)]
    if not CONTRACT.exists():
        return said
    place = "#/components/requestBodies/PostMailSend/content/application~1json/schema"
    schema = {"$ref": place, **json.loads(CONTRACT.read_text())}
    return said + [error.message for error in Draft202012Validator(schema).iter_errors(request)]


def test_an_email_arrives_with_all_that_it_has(fake: FakeSendGrid, mailer: SendGridMailer) -> None:
    [delivery] = mailer.deliver([an_email(41)])

    [taken] = fake.accepted
    assert (delivery.status, delivery.provider_id) == (SendStatus.ACCEPTED, taken.id)
    assert problems(dict(taken.mail)) == []
    assert taken.mail["from"] == {"name": "Nora, at Brightwater", "email": "hello@brightwater.example.com"}
    assert taken.mail["reply_to"] == {"email": "answers@brightwater.example.com"}
    assert taken.mail["personalizations"] == [{"to": [{"email": "ana@example.com"}]}]
    assert [part["type"] for part in taken.mail["content"]] == ["text/plain", "text/html"]
    assert taken.mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_sendgrid_keeps_our_id_how_many_links_there_are_and_the_place_in_the_journey_and_no_more() -> None:
    request = build_request(an_email(41, categories=("j", "j", "j/step", "x" * 300)), tracked=True)

    assert request["custom_args"].keys() == {"tend_message_id", "tend_links"}
    assert request["custom_args"]["tend_message_id"] == "41"
    assert sorted(request["categories"]) == ["j", "j/step", "x" * 255]
    assert "custom_args" not in request["personalizations"][0]


@pytest.mark.parametrize("tracking", Tracking)
@pytest.mark.parametrize("to_contact", [True, False])
def test_opens_and_clicks_are_tracked_by_one_side_and_never_those_of_staff(
    fake: FakeSendGrid, tracking: Tracking, to_contact: bool
) -> None:
    with mailer_to(fake.url, tracking=tracking) as mailer:
        mailer.deliver([an_email(tracked=to_contact)])
        by_us = mailer.needs_own_tracking

    settings = fake.accepted[0].mail["tracking_settings"]
    by_sendgrid = {settings["open_tracking"]["enable"], settings["click_tracking"]["enable"]}
    assert by_sendgrid == {to_contact and not by_us}
    assert by_us is (tracking == Tracking.TEND)


# Whatever Postgres can store as text, with what headers, HTML, JSON and the package might stumble over.
HOSTILE = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(
        [
            'O"Brien',
            "a\r\nBcc: x@example.com",
            "SG.abc.def",
            "a" * 2000,
            "👩🏽‍💻",
            "<b>",
            "{{ x }}",
            "%s",
            "\u2028",
            "؜x",
        ]
    ),
)
TEMPLATE = """<html><head><title>{{ contact.company | default("you") }}, {{ data.why }}?</title></head>
<body><p>{{ contact.company }} {{ data.why }} <a href="{{ unsubscribe_url }}">leave</a></p>
<p>{{ company.postal_address }}</p></body></html>"""


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> RenderContext:
    """For one template, which names what people typed."""
    folder = tmp_path_factory.mktemp("mail")
    (folder / "hostile").mkdir()
    (folder / "hostile" / "mail.html").write_text(TEMPLATE)
    links = Links("https://tend.example.com", "/site", lambda purpose, value: f"{purpose}-{value}")
    return RenderContext(playbook=the_shipped_playbook(), links=links, at=NOON, own_tracking=False, folder=folder)


def a_draft(to: str, name: str, why: str) -> EmailDraft:
    return EmailDraft(
        message_id=7,
        key="7:1",
        kind=MessageKind.MARKETING,
        template="hostile/mail",
        to_address=to,
        data={"why": why},
        contact={"id": 5, "company": name, "email": to},
        owner={},
        form={},
        task={},
    )


@given(to=st.emails(), name=HOSTILE.filter(str.strip), why=HOSTILE.filter(str.strip), company=HOSTILE)
@settings(max_examples=40)
def test_whatever_people_typed_makes_a_request_that_sendgrid_takes(
    head: RenderContext, to: str, name: str, why: str, company: str
) -> None:
    named = head.company.model_copy(update={"from_name": company})
    head = replace(head, playbook=head.playbook.model_copy(update={"company": named}))

    request = build_request(render_email(a_draft(to, name, why), head), tracked=True)

    assert problems(request) == []
    assert request["custom_args"]["tend_message_id"] == "7"
    assert request["custom_args"].keys() == {"tend_message_id", "tend_links"}
    assert request["custom_args"]["tend_links"].isdigit()
    assert set(request["categories"]) == {"hostile", "hostile/mail"}
    assert request["headers"]["List-Unsubscribe"] == "<https://tend.example.com/unsubscribe/unsubscribe-5>"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"subject": " "}, "the subject came out empty"),
        ({"html": "", "text": "\n"}, "neither text nor HTML"),
        ({"to_address": "jörg@example.com"}, "letters outside ASCII before the @"),
    ],
)
def test_an_email_that_sendgrid_would_refuse_is_not_tried(
    fake: FakeSendGrid, mailer: SendGridMailer, parts: dict[str, str], reason: str
) -> None:
    refused, taken = mailer.deliver([an_email(1, **parts), an_email(2)])

    assert (refused.status, taken.status) == (SendStatus.REFUSED, SendStatus.ACCEPTED)
    assert reason in (refused.reason or "")
    assert fake.requests == 1


@pytest.mark.parametrize(
    ("status", "fate"),
    [("400", "refused"), ("413", "refused"), ("401", "later"), ("403", "later"), ("200", "unknown")]
    + [(status, "later") for status in ("301", "302", "307")]
    + [(status, "unknown") for status in ("500", "503")],
)
def test_only_202_is_success_and_a_redirect_is_not_followed(
    fake: FakeSendGrid, mailer: SendGridMailer, status: str, fate: str
) -> None:
    fake.fail(status)

    [delivery] = mailer.deliver([an_email()])

    assert delivery.status == fate
    assert f"SendGrid answered {status}" in (delivery.reason or "")
    assert fake.requests == 1


def test_a_refusal_has_the_providers_sentence(mailer: SendGridMailer) -> None:
    [delivery] = mailer.deliver([an_email(to="no address")])

    assert delivery.status == SendStatus.REFUSED
    assert delivery.reason == (
        "SendGrid answered 400: Does not contain a valid address. (personalizations.0.to.0.email)"
    )


@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("failure", [CUT, HANG, "500"])
def test_without_an_answer_an_email_is_unknown_and_not_sent_again(
    fake: FakeSendGrid, failure: str, accepts: bool
) -> None:
    fake.fail(failure, accepts=accepts)
    with mailer_to(fake.url, timeout_seconds=0.2) as mailer:
        [delivery] = mailer.deliver([an_email()])

    assert delivery.status == SendStatus.UNKNOWN
    assert (fake.requests, len(fake.accepted)) == (1, int(accepts))


def test_while_sendgrid_is_broken_only_a_few_emails_are_risked(fake: FakeSendGrid, mailer: SendGridMailer) -> None:
    fake.fail("500", times=100)

    fates = Counter(delivery.status for delivery in mailer.deliver([an_email(n) for n in range(100)]))

    assert MOST_UNKNOWN_IN_A_ROW <= fates[SendStatus.UNKNOWN] < MOST_UNKNOWN_IN_A_ROW + MAX_THREADS
    assert fates[SendStatus.UNAVAILABLE] == 100 - fates[SendStatus.UNKNOWN]


def test_a_wrong_key_keeps_all_emails_for_later(fake: FakeSendGrid) -> None:
    with mailer_to(fake.url, key="SG.wrong") as mailer:
        deliveries = mailer.deliver([an_email(n) for n in range(100)])

    assert {(one.status, one.reason) for one in deliveries} == {
        (
            SendStatus.UNAVAILABLE,
            "SendGrid answered 401: The provided authorization grant is invalid, expired, or revoked (no field named)",
        )
    }
    assert fake.requests <= MAX_THREADS


def test_sendgrid_out_of_reach_takes_nothing_and_loses_nothing() -> None:
    with mailer_to(f"http://127.0.0.1:{free_port()}") as mailer:
        deliveries = mailer.deliver([an_email(1), an_email(2)])

    assert [delivery.status for delivery in deliveries] == ["later", "later"]


def test_too_many_requests_pause_all_emails_and_then_all_go(fake: FakeSendGrid, mailer: SendGridMailer) -> None:
    fake.fail("429", times=20, reset_seconds=0)

    deliveries = mailer.deliver([an_email(n) for n in range(1, 41)])

    assert {delivery.status for delivery in deliveries} == {SendStatus.ACCEPTED}
    assert {int(taken.custom_args["tend_message_id"]) for taken in fake.accepted} == set(range(1, 41))
    assert len(fake.accepted) == 40


def test_too_many_requests_for_long_are_left_to_a_later_delivery(fake: FakeSendGrid, mailer: SendGridMailer) -> None:
    fake.fail("429", times=100, reset_seconds=600)

    deliveries = mailer.deliver([an_email(n) for n in range(100)])

    assert {delivery.status for delivery in deliveries} == {SendStatus.UNAVAILABLE}
    assert fake.requests <= MAX_THREADS
    assert "too many requests" in (deliveries[-1].reason or "")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        # Our own clock may be wrong by years; SendGrid's counts.
        ({"X-RateLimit-Reset": "1583168410", "Date": "Mon, 02 Mar 2020 17:00:00 GMT"}, 10),
        ({"X-RateLimit-Reset": "1583168390", "Date": "Mon, 02 Mar 2020 17:00:00 GMT"}, 0),
        ({"X-RateLimit-Reset": "1583168390"}, 0),
        ({"X-RateLimit-Reset": "soon"}, 1),
        ({}, 1),
    ],
)
def test_the_pause_is_the_one_that_sendgrid_asks_for(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(httpx.Response(429, headers=headers)) == seconds


def test_in_the_sandbox_a_mail_is_checked_and_stays_with_us(fake: FakeSendGrid) -> None:
    with mailer_to(fake.url, sandbox=True) as mailer:
        [good] = mailer.deliver([an_email()])
        [bad] = mailer.deliver([an_email(to="no address")])

    assert (good.status, bad.status) == (SendStatus.UNAVAILABLE, SendStatus.REFUSED)
    assert "nothing is sent" in (good.reason or "")
    assert fake.accepted == []


def test_no_log_shows_the_key(fake: FakeSendGrid, caplog: pytest.LogCaptureFixture) -> None:
    fake.fail(CUT)
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "httpx"), mailer_to(fake.url) as mailer:
        deliveries = mailer.deliver([an_email(1), an_email(2)])
        logging.getLogger("tests").debug("%s %s", mailer, deliveries)

    assert "v3/mail/send" in caplog.text
    assert "SG.double" not in caplog.text


def test_a_pasted_key_loses_its_line_break_and_a_mistyped_one_is_not_shown() -> None:
    assert SendGridMailer(api_key=SecretStr(" SG.abc.def\n")).api_key.get_secret_value() == "SG.abc.def"
    with pytest.raises(ValidationError, match="copy it once more") as raised:
        SendGridMailer(api_key=SecretStr("SG.abc def"))
    assert "SG.abc def" not in str(raised.value)


@pytest.mark.parametrize("host", ["api.sendgrid.com", "http://api.sendgrid.com", "ftp://127.0.0.1", ""])
def test_the_key_leaves_this_machine_encrypted_only(host: str) -> None:
    with pytest.raises(ValidationError, match="expected https"):
        SendGridMailer(api_key=SecretStr("SG.abc.def"), host=host)


def test_a_block_from_before_still_says_who_tracks() -> None:
    saved = {"api_key": "SG.abc.def", "clicks": Tracking.SENDGRID.value}
    assert SendGridMailer.model_validate(saved).tracking == Tracking.SENDGRID
