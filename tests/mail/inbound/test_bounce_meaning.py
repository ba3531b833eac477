"""What mail servers mean when they refuse, in the words of many of them: only a dead address is dead."""

import time

import orjson
import pytest

from models.mail.tracking.bounce_meaning import LONGEST_TEXT, BounceMeaning, bounce_meaning
from models.mail.tracking.sendgrid import parse_events
from tests.support.mail.mail_events import an_event
from tests.support.mail.outbox import NOON

DEAD = [
    ("5.1.1", "550 5.1.1 <ana@example.com>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("5.1.1", None),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ana@example.com not found by SMTP address lookup"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5.prod.protection.outlook.com]"),
    ("5.4.1", "550 5.4.1 [ana@example.com]: Recipient address rejected: Access denied"),
    (None, "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking"),
    (None, "550 5.2.1 The email account that you tried to reach is disabled. Learn more at https://support.google.com"),
    (None, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)."),
    ("5.0.0", "554 delivery error: dd This user doesn't have a yahoo.com account (ana@yahoo.com) [0]"),
    ("5.0.0", "552 1 Requested mail action aborted, mailbox not found"),
    ("5.0.0", "smtp;550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1"),
    ("5.0.0", "550 RP:RCP 该邮箱账号不存在 User not found: ana@163.com"),
    (
        "5.0.0",
        "550 Message was not accepted -- invalid mailbox. Local mailbox <> is unavailable: user not found",
    ),
    (None, "550 5.7.1 No such user!"),
    (
        "5.1.1",
        "550-Requested action not taken: mailbox unavailable\n550 For explanation visit https://gmx.net/x",
    ),
    (None, "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]"),
    (None, "550 5.1.1 <ana@free.fr>: Recipient address rejected: User unknown in relay recipient table"),
    (None, "Sorry, no mailbox here by that name. (#5.1.1)"),
    (None, "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)"),
    ("5.0.0", "User ana (ana@example.com) not listed in Domino Directory"),
    ("5.1.2", "DNS Error: Domain name not found"),
    ("5.4.4", "smtp; 550 Host unknown (Name server: example.invalid: host not found)"),
    (None, "550 unrouteable address"),
    (None, "550 Benutzer unbekannt"),
    (None, "550 Utilisateur inconnu !"),
    (None, "550 El usuario no existe"),
    (None, "550 nessun utente simile in questo indirizzo"),
    (None, "550 пользователь ana@example.ru не найден"),
    (None, "550 Account ana@example.com is disabled"),
    (None, "554 5.1.1 this mailbox is no longer valid."),
    ("5.1.0", "550 5.1.0 Address rejected."),
]

UNAVAILABLE = [
    ("5.2.2", "552 5.2.2 The email account that you tried to reach is over quota"),
    ("5.1.1", "550 User over quota. (#5.1.1)"),
    ("5.0.0", "552 Mailbox full"),
    ("5.0.0", "550 5.1.1 <ana@example.com> Mailbox size limit exceeded"),
    (None, "552 Boite du destinataire pleine. Recipient overquota. OFR_417"),
    (
        None,
        "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents more",
    ),
    ("4.1.1", "450 4.1.1 <ana@example.com>: Recipient address rejected: User unknown in local recipient table"),
    ("4.4.7", "smtp; 550 4.4.7 QUEUE.Expired; message expired"),
    ("5.4.7", "delivery temporarily suspended: connect to mx.example.com: Connection timed out"),
    (None, "451 4.7.1 Greylisting in action, please come back later"),
    (None, "450 4.2.1 The user you are trying to contact is receiving mail too quickly"),
    (None, "550 account is temporarily suspended"),
    ("5.4.6", "554 5.4.6 Hop count exceeded - possible mail loop"),
    (None, "550 Почтовый ящик переполнен"),
]

MESSAGE_REFUSED = [
    ("5.0.0", "550 This message was classified as SPAM and may not be delivered"),
    ("5.1.1", "550 5.1.1 Message rejected: spam content matched"),
    ("5.0.0", "552 5.3.4 Message size exceeds fixed limit"),
    ("5.1.0", "550 5.1.0 rejected by policy"),
    (None, "554 5.7.1 The message was rejected because it contains prohibited virus or spam content"),
    ("5.7.1", "550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized"),
    ("5.7.1", "554 5.7.1 <ana@example.com>: Recipient address rejected: Access denied"),
]

SENDER_REFUSED = [
    ("5.0.0", "550 SPF check failed: 203.0.113.5 is not allowed to send mail from example.com"),
    ("5.1.1", "550 5.7.26 This mail has been blocked because the sender is unauthenticated. DKIM = did not pass"),
    ("5.0.0", "550 5.7.509 Access denied, sending domain example.com does not pass DMARC verification"),
    ("5.1.1", "550 5.1.1 Service unavailable; client host [203.0.113.5] blocked using zen.spamhaus.org"),
    ("5.0.0", "554 Your IP (203.0.113.5) is listed in the RBL"),
    ("5.1.8", "553 5.1.8 <news@example.com>: Sender address rejected: Domain not found"),
    ("5.0.0", "550 Sender verify failed"),
    (None, "550 Verification failed for <news@example.com>\n550 The mail server could not verify the sender domain"),
    ("5.1.1", "550 5.1.1 <ana@example.com> - 203.0.113.222 has sent to too many recipients this hour. IB607"),
    (None, "550 5.7.1 Relaying denied"),
    (None, "554 5.7.1 <ana@example.com>: Relay access denied"),
    (None, "530 5.7.0 Authentication required"),
    ("5.0.0", "550 IP frequency limited. http://service.mail.qq.com"),
    (None, "550 5.7.1 We detected an unusual rate of unsolicited mail originating from your IP address"),
    (
        None,
        "421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume or user complaints",
    ),
    (None, "550 5.7.606 Access denied, banned sending IP [203.0.113.5]"),
    (None, "550 5.1.7 No such domain news.example.com. (in reply to MAIL FROM command)"),
    (None, "550 5.7.25 The IP address sending this message does not have a PTR record setup"),
    (None, "554 5.7.1 bad reputation"),
    ("5.7.23", None),
]

UNKNOWN = [
    ("5.0.0", None),
    (None, None),
    ("5.0.0", "550 rejected"),
    ("5.5.0", "550 failed"),
    (None, "no"),
    ("5.1.0", None),
]

ALL = [
    *((BounceMeaning.DEAD_ADDRESS, *one) for one in DEAD),
    *((BounceMeaning.UNAVAILABLE, *one) for one in UNAVAILABLE),
    *((BounceMeaning.MESSAGE_REFUSED, *one) for one in MESSAGE_REFUSED),
    *((BounceMeaning.SENDER_REFUSED, *one) for one in SENDER_REFUSED),
    *((BounceMeaning.UNKNOWN, *one) for one in UNKNOWN),
]


@pytest.mark.parametrize(("meaning", "status", "answer"), ALL)
def test_the_words_of_a_server_say_what_its_code_does_not(
    meaning: BounceMeaning, status: str | None, answer: str | None
) -> None:
    assert bounce_meaning(status, answer) is meaning


def test_the_reply_code_counts_where_the_text_has_none() -> None:
    assert bounce_meaning(None, "user unknown", code=550) is BounceMeaning.DEAD_ADDRESS
    assert bounce_meaning(None, "user unknown", code=450) is BounceMeaning.UNAVAILABLE


def test_names_of_hosts_and_addresses_say_nothing() -> None:
    said = "host spam-filter.quota.example[203.0.113.7] said: 550 5.1.1 <no.spam@blacklist.example>: user unknown"
    assert bounce_meaning(None, said) is BounceMeaning.DEAD_ADDRESS


@pytest.mark.parametrize(
    "part", ["user", "user ", "<a@b.c> ", "mailbox is ", "1.1.1.1 ", "550-", "\n ", "no such ", "用户"]
)
def test_no_text_is_slow_to_read(part: str) -> None:
    began = time.process_time()
    bounce_meaning(None, part * LONGEST_TEXT)
    # A pattern that is not linear takes minutes for it.
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"status": "5.1.1", "reason": "550 5.1.1 user unknown"}, "bounced"),
        ({"status": "5.2.2", "reason": "552 5.2.2 mailbox is full"}, "blocked"),
        ({"status": "5.0.0", "reason": "550 message rejected as spam"}, "blocked"),
        ({"status": "5.7.1", "reason": "550 5.7.1 blocked using spamhaus"}, "blocked"),
        ({"status": "5.0.0", "reason": "550 failed", "bounce_classification": "Invalid Address"}, "bounced"),
        ({"status": "5.0.0", "reason": "550 failed", "bounce_classification": "Reputation"}, "blocked"),
        ({"status": "5.2.2", "reason": "over quota", "bounce_classification": "Invalid Address"}, "blocked"),
        ({"status": "5.0.0", "reason": "550 failed"}, "blocked"),
        ({"status": "5.1.1", "reason": "550 5.1.1 user unknown", "type": "blocked"}, "blocked"),
    ],
)
def test_a_bounce_of_the_provider_counts_by_what_it_means(fields: dict[str, str], kind: str) -> None:
    [event] = parse_events(orjson.dumps([an_event("bounce", 1, **fields)]), NOON)
    assert event.kind == kind
