"""What replies of mail servers mean, in the words of the servers and hosts that send them."""

import pytest

from blocks.send_result import SendStatus
from blocks.smtp_reply import Stage, meaning_of_reply

WAY = [
    # Relaying: Postfix, Exim, Sendmail, qmail, Exchange, hMailServer, Mailgun, MailEnable, Courier, Zimbra.
    (Stage.RECEIVER, 554, "5.7.1 <ann@example.com>: Relay access denied"),
    (Stage.RECEIVER, 454, "4.7.1 <ann@example.com>: Relay access denied"),
    (Stage.RECEIVER, 550, "relay not permitted"),
    (Stage.RECEIVER, 550, "5.7.1 ann@example.com... Relaying denied. Proper authentication required."),
    (Stage.RECEIVER, 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
    (Stage.RECEIVER, 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain"),
    (Stage.RECEIVER, 550, "5.7.1 Unable to relay for ann@example.com"),
    (Stage.RECEIVER, 550, "5.7.1 Relaying denied"),
    (Stage.RECEIVER, 503, "This mail server requires authentication when attempting to send to a non-local address"),
    (Stage.RECEIVER, 513, "Relaying denied."),
    (Stage.RECEIVER, 551, "we do not relay"),
    (Stage.RECEIVER, 550, "not permitted to relay through this server without authentication"),
    (Stage.RECEIVER, 530, "5.7.1 Client was not authenticated"),
    (Stage.RECEIVER, 530, "Authentication required"),
    (Stage.RECEIVER, 550, "Please turn on SMTP Authentication in your mail client."),
    (Stage.RECEIVER, 550, "authentication is required for relay"),
    (Stage.RECEIVER, 550, "You must log in first"),
    (Stage.RECEIVER, 550, "5.7.0 Must issue a STARTTLS command first"),
    # The sender.
    (Stage.SENDER, 553, "5.7.1 <hello@x.example>: Sender address rejected: not owned by user office"),
    (Stage.RECEIVER, 553, "5.7.1 <hello@x.example>: Sender address rejected: not owned by user office"),
    (Stage.RECEIVER, 450, "4.1.8 <hello@x.example>: Sender address rejected: Domain not found"),
    (Stage.RECEIVER, 550, "Sender verify failed"),
    (Stage.RECEIVER, 550, "5.7.1 Sender not allowed"),
    (Stage.SENDER, 501, "5.1.7 Invalid address"),
    (Stage.CONTENT, 554, "5.2.252 SendAsDenied; office@x.example not allowed to send as hello@x.example"),
    (Stage.CONTENT, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
    (Stage.CONTENT, 554, "Message rejected: Email address is not verified. The following identities failed the check"),
    (Stage.CONTENT, 550, "5.7.26 Unauthenticated email from x.example is not accepted due to domain's DMARC policy."),
    (Stage.RECEIVER, 550, "5.7.23 The message was rejected because of Sender Policy Framework violation"),
    (Stage.CONTENT, 550, "From address is not a verified Sender Signature on your account"),
    # The account and its limits.
    (Stage.SENDER, 550, "5.4.5 Daily user sending quota exceeded. m2-20020a17"),
    (Stage.CONTENT, 550, "5.4.5 Daily user sending limit exceeded."),
    (Stage.CONTENT, 454, "Throttling failure: Maximum sending rate exceeded."),
    (Stage.CONTENT, 554, "Sending paused for this account. For more information, please check the inbox"),
    (Stage.RECEIVER, 550, "Your account has been suspended"),
    (Stage.RECEIVER, 451, "4.7.1 Your sending limit has been reached, try again in one hour"),
    (Stage.RECEIVER, 450, "4.7.1 Error: too much mail from 203.0.113.7"),
    (Stage.RECEIVER, 452, "4.5.3 Error: too many recipients"),
    (Stage.CONTENT, 451, "4.7.0 Too many messages per hour, slow down"),
    (Stage.CONTENT, 550, "5.7.708 Service unavailable. Access denied, traffic not accepted from this IP"),
    (Stage.CONTENT, 554, "5.7.501 Access denied, spam abuse detected"),
    (Stage.CONTENT, 550, "5.1.90 Your message can't be sent because you've reached your daily limit for recipients"),
    (Stage.CONTENT, 421, "4.7.0 Domain sandbox123.example is not allowed to send: Free accounts are for test purposes"),
    (Stage.CONTENT, 550, "Free accounts are for test purposes only. Please upgrade or add the address"),
    (Stage.RECEIVER, 550, "5.2.0 Sending disabled for this account due to abuse"),
    (Stage.RECEIVER, 550, "You have exceeded your messaging limits"),
    (Stage.RECEIVER, 550, "Requested action not taken: mailbox unavailable Failure sending mail. Try again later"),
    (Stage.RECEIVER, 553, "host denies relay."),
    (Stage.RECEIVER, 551, "auth error."),
    (Stage.RECEIVER, 554, "sender is unvalidated."),
    (Stage.RECEIVER, 550, "Verification failed for <a@x.example> Unrouteable address unable to verify sender address"),
    # This machine.
    (Stage.RECEIVER, 554, "5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org"),
    (Stage.RECEIVER, 450, "4.7.1 Client host rejected: cannot find your hostname, [203.0.113.7]"),
    (Stage.RECEIVER, 504, "5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"),
    (Stage.CONNECTION, 554, "mail.example.com ESMTP not accepting connections"),
    (Stage.CONNECTION, 535, "5.7.8 Error: authentication failed: UGFzc3dvcmQ6"),
    (Stage.CONNECTION, 534, "5.7.9 Application-specific password required."),
    (Stage.CONNECTION, 454, "4.7.0 Temporary authentication failure: Connection lost to authentication server"),
    # The server.
    (Stage.RECEIVER, 421, "4.3.0 closing connection"),
    (Stage.CONTENT, 452, "4.3.1 Insufficient system storage"),
    (Stage.CONTENT, 451, "4.3.0 Error: queue file write error"),
    (Stage.SENDER, 452, "4.3.1 Insufficient system resources"),
    (Stage.SENDER, 550, "no"),
]

DEAD = [
    (550, "5.1.1 The email account that you tried to reach does not exist. Please try double-checking"),
    (550, "5.1.1 <ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table"),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann@example.com not found by SMTP address lookup"),
    (550, "no such mailbox"),
    (550, "Unrouteable address"),
    (550, "No Such User Here"),
    (550, "<ann@example.com> No such user here"),
    (550, "Requested action not taken: mailbox unavailable; user unknown"),
    (550, "5.1.1 User doesn't exist: ann@example.com"),
    (550, "5.2.1 The email account that you tried to reach is disabled"),
]

LETTER = [
    (Stage.CONTENT, 552, "5.3.4 Message size exceeds fixed limit"),
    (Stage.SENDER, 552, "5.3.4 Message too big"),
    (Stage.CONTENT, 552, "Message size exceeds maximum permitted"),
    (Stage.CONTENT, 554, "5.7.1 Message rejected as spam by content scanning"),
    (Stage.CONTENT, 554, "looks like spam"),
    (Stage.CONTENT, 550, "5.7.1 Blocked: http://example.com listed in surbl"),
    (Stage.CONTENT, 552, "5.7.0 This message was blocked because its content presents a potential security issue."),
    (Stage.RECEIVER, 550, "5.7.1 RESOLVER.RST.AuthRequired; authentication required"),
    (Stage.RECEIVER, 550, "Mailbox quota exceeded"),
    (Stage.RECEIVER, 552, "5.2.2 The email account that you tried to reach is over quota"),
    (Stage.CONTENT, 554, "5.6.0 Invalid header found"),
]

LATER = [
    (Stage.RECEIVER, 450, "4.2.0 <ann@example.com>: Recipient address rejected: Greylisted, see http://postgrey"),
    (Stage.RECEIVER, 451, "greylisted, try again later"),
    (Stage.RECEIVER, 452, "4.2.2 The email account that you tried to reach is over quota"),
    (Stage.RECEIVER, 450, "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents more"),
    (Stage.RECEIVER, 450, "4.1.2 <ann@example.con>: Recipient address rejected: Domain not found"),
    (Stage.RECEIVER, 451, "4.4.1 Connection to the receiver's server timed out"),
]


@pytest.mark.parametrize(("stage", "code", "words"), WAY)
def test_what_is_about_the_account_or_the_way_is_about_no_mail(stage: Stage, code: int, words: str) -> None:
    assert meaning_of_reply(stage, code, words) is SendStatus.UNAVAILABLE


@pytest.mark.parametrize(("code", "words"), DEAD)
def test_an_address_that_nobody_has_bounces(code: int, words: str) -> None:
    assert meaning_of_reply(Stage.RECEIVER, code, words) is SendStatus.BOUNCED


@pytest.mark.parametrize(("stage", "code", "words"), LETTER)
def test_what_is_about_one_mail_fails_one_mail_and_suppresses_nobody(stage: Stage, code: int, words: str) -> None:
    assert meaning_of_reply(stage, code, words) is SendStatus.REFUSED


@pytest.mark.parametrize(("stage", "code", "words"), LATER)
def test_what_a_receiver_wants_later_waits_alone(stage: Stage, code: int, words: str) -> None:
    assert meaning_of_reply(stage, code, words) is SendStatus.DEFERRED
