"""When a mail may go out, and whether it still shall: windows, caps, lateness, warm-up. Pure; time is handed in."""

import models.playbook  # noqa: F401  its checks use parts of this package, so it goes first whoever is asked for first
from models.geo.time_zone import LocationHints
from models.mail.rules.decision import SendDecision, decide_sending
from models.mail.rules.rules import DueMessage, MailRules

__all__ = ["DueMessage", "LocationHints", "MailRules", "SendDecision", "decide_sending"]
