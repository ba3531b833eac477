"""`tend send-preview`: one mail to an address of our own, as a contact would get it; it counts in no metric."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database
from deployments.stack.prefect_login import login_environment
from deployments.stack.stack_record import read_record, use_pages

if TYPE_CHECKING:
    from blocks.mailer import Mailer
    from models import MessageKind
    from models.mail.rendering.email import RenderedEmail
    from models.mail.rendering.preview import MailTemplate
    from models.mail.rendering.sample import Recipient
    from models.playbook import Playbook

NO_PREFECT = "Prefect, which knows the mailer in force, does not answer{where}. ./tend up starts it; then try again."
SAMPLE = "a contact with every field filled in"
BARE = "a contact with only an address"


def send_preview(journey: str, step: str, address: str, contact: str | None, bare: bool) -> str:
    """Send it; one line that says so. Raises CommandError when it cannot be sent."""
    from models.mail.rendering.preview import mail_templates
    from models.values.readers.bad_value import BadValue
    from models.values.readers.email_address import clean_email

    try:
        to = clean_email(address)
    except ValueError as error:
        expected = error.expected if isinstance(error, BadValue) else str(error)
        raise CommandError(f"{address} is no address to send to; {expected} was expected.") from None
    if bare and contact:
        raise CommandError("--bare and --contact say two things about whom the mail is for: leave one of them out.")
    mail = find_template(mail_templates(), journey, step)
    _find_services()
    playbook, recipient, who = _read(contact, bare)
    email = render_test_email(mail, recipient, playbook, to, datetime.now(UTC), journey_kind(mail))
    return send_email(_mailer(), email, mail, who)


def find_template(mails: Sequence["MailTemplate"], journey: str, step: str) -> "MailTemplate":
    """The mail of that name, or a CommandError that names what was probably meant and all there are."""
    wanted = f"{journey}/{step}"
    by_name = {mail.name: mail for mail in mails}
    if wanted in by_name:
        return by_name[wanted]
    steps = [mail.step for mail in mails if mail.journey == journey]
    if steps:
        raise CommandError(f"There is no mail {wanted}.{_suggest(step, steps)} {journey} has: {', '.join(steps)}.")
    journeys = list(dict.fromkeys(mail.journey for mail in mails))
    raise CommandError(
        f"There are no mails of a journey '{journey}'.{_suggest(journey, journeys)} There are: {', '.join(journeys)}."
    )


def _suggest(found: str, known: Sequence[str]) -> str:
    near = get_close_matches(found, known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def journey_kind(mail: "MailTemplate") -> "MessageKind":
    """What its journey sends it as; the template alone says whether it is for colleagues."""
    from flows.runtime.maps.journey_map import build_map
    from flows.runtime.prefect_flow import discover
    from flows.runtime.verbs.send import SendStep

    definition = discover().get(mail.journey)
    asks = build_map(definition).steps.values() if definition else ()
    return next(
        (ask.kind for ask in asks if isinstance(ask, SendStep) and mail.step in ask.possible_templates()), mail.kind
    )


def _find_services() -> None:
    """Say to what is imported later where database, pages and Prefect are."""
    use_database()
    use_pages()
    record = read_record()
    if record and os.environ.setdefault("PREFECT_API_URL", f"{record.prefect}/api") == f"{record.prefect}/api":
        os.environ |= login_environment(os.environ, is_needed=record.has_login)
    prefect = os.environ.get("PREFECT_API_URL")
    # Without an address Prefect would start a server of its own, which knows no mailer.
    if not prefect or not _answers(f"{prefect}/health"):
        raise CommandError(NO_PREFECT.format(where=f" at {prefect}" if prefect else ""))


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _read(contact: str | None, bare: bool) -> tuple["Playbook", "Recipient", str]:
    """The playbook, for whom the mail is written, and who that is in words."""
    from models.database import engine
    from models.mail.rendering.sample import bare_recipient, contact_recipient, full_recipient
    from models.playbook import NoPlaybook, current_playbook

    with engine().connect() as connection:
        try:
            playbook = current_playbook(connection)
        except NoPlaybook as error:
            raise CommandError(str(error)) from None
        recipient = None if bare else contact_recipient(connection, contact)
    if recipient is not None:
        return playbook, recipient, str(recipient.contact["email"])
    if contact:
        raise CommandError(
            f"There is no contact with the address {contact}. Leave --contact out to take the newest one."
        )
    return (playbook, bare_recipient(), BARE) if bare else (playbook, full_recipient(playbook), SAMPLE)


def render_test_email(
    mail: "MailTemplate", recipient: "Recipient", playbook: "Playbook", to: str, now: datetime, kind: "MessageKind"
) -> "RenderedEmail":
    """The email to `to`: marked as a test and untracked; its links lead to the website and change nothing."""
    from models.mail.rendering.links import links_to
    from models.mail.rendering.preview import RenderError, preview

    try:
        email = preview(mail, recipient, playbook, links_to(playbook.company.website), now, kind=kind)
    except RenderError as error:
        raise CommandError(str(error)) from None
    return replace(email, key=f"test-{uuid4().hex}", to_address=to, subject=f"[Test] {email.subject}")


def _mailer() -> "Mailer":
    from blocks.current_mailer import InvalidMailer, MailerNotKnown, NoSuchMailer, RealMailInDemo, current_mailer

    try:
        return asyncio.run(current_mailer())
    except (NoSuchMailer, InvalidMailer, RealMailInDemo, MailerNotKnown) as error:
        raise CommandError(str(error)) from None


def send_email(mailer: "Mailer", email: "RenderedEmail", mail: "MailTemplate", who: str) -> str:
    """Hand it to the mailer; a sentence that says what was sent. Raises CommandError if it was not accepted."""
    from blocks.send_result import SendStatus

    (delivery,) = mailer.deliver([email])
    by = type(mailer).get_block_type_name().removeprefix("Tend: ")
    if delivery.status is not SendStatus.ACCEPTED:
        raise CommandError(f"{mail.name} to {email.to_address} by {by}: {delivery.status}. {delivery.reason}")
    return f'Sent {mail.name} as {who} gets it to {email.to_address} by {by}: "{email.subject}".'
