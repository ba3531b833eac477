"""The rules that decide whether a due message is sent now: send windows, caps, expiry, warm-up. Pure."""

import models.playbook  # noqa: F401  its checks use parts of this package, so it goes first whoever is asked for first
from models.geo.time_zone import LocationHints
from models.mail.rules.decision import SendDecision, decide_sending
from models.mail.rules.mail_rules import ANSWER_PERIOD, DueMessage, MailRules, PreviousAnswer

__all__ = [
    "ANSWER_PERIOD",
    "DueMessage",
    "LocationHints",
    "MailRules",
    "PreviousAnswer",
    "SendDecision",
    "decide_sending",
]
