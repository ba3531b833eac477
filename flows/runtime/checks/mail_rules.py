"""Rules about the mails of journeys."""

from flows.runtime.checks.finding import Severity
from flows.runtime.checks.mails import (
    find_missing_mails,
    find_unreadable_mails,
    find_unused_mails,
    find_unwritable_mails,
    find_wrong_subjects,
)
from flows.runtime.checks.rule import Example, Rule

SENDS = """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.send("offer")
    return "sent"
"""


def mail(text: str) -> str:
    """A mail as it stands in a template."""
    return "\n".join(
        (
            '{% extends "base.html" %}',
            "{% block subject %}An offer{% endblock %}",
            "{% block preheader %}For you.{% endblock %}",
            "{% block body %}",
            text,
            "{% endblock %}",
            "",
        )
    )


MAIL_RULES = (
    Rule(
        "J401",
        "A mail that is not there",
        "It would be queued and never go out.",
        find_missing_mails,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.send("ofer")
    return "sent"
""",
            "send ofer needs templates/mail/spring/ofer.html, which is not there. Did you mean 'offer'? Write it.",
            {"offer": mail("<p>An offer.</p>")},
        ),
    ),
    Rule(
        "J402",
        "A mail that Jinja cannot read",
        "Nobody would get it.",
        find_unreadable_mails,
        Example(
            SENDS,
            "offer.html cannot be read: ",
            {"offer": mail("<p>Hi {{ contact.first_name </p>")},
        ),
    ),
    Rule(
        "J403",
        "A mail that cannot be written",
        "It asks for what nobody has, or for what not everybody has, without a fallback. Each is rendered for a "
        "contact of whom everything is known, and for one with an address alone, with what its journey hands to it.",
        find_unwritable_mails,
        Example(
            SENDS,
            "offer.html asks for contact.frist_name, which nobody has. Did you mean 'first_name'?",
            {"offer": mail("<p>Hi {{ contact.frist_name }}</p>")},
        ),
    ),
    Rule(
        "J404",
        "A subject that Jinja cannot read",
        "The same, for the subjects of a split test.",
        find_wrong_subjects,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.send("offer", subjects={"plain": None, "named": "Hi {{ contact.first_name"})
    return "sent"
""",
            "send offer has the subject 'Hi {{ contact.first_name' for 'named', which cannot be read:",
            {"offer": mail("<p>An offer.</p>")},
        ),
    ),
    Rule(
        "J405",
        "A mail that is sent to nobody",
        "It lies in the folder of a journey that does not send it.",
        find_unused_mails,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.wait(timedelta(weeks=1))
    return "waited"
""",
            "offer.html is sent by no step. Delete it, or send it.",
            {"offer": mail("<p>An offer.</p>")},
        ),
        Severity.WARNING,
    ),
)
