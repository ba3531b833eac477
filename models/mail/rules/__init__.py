"""When a mail may go out, and whether it still shall: windows, caps, lateness, warm-up. Pure; time is handed in."""

import models.playbook  # noqa: F401  its checks use parts of this package, so it goes first whoever is asked for first
from models.geo.time_zone import Whereabouts
from models.mail.rules.rules import Candidate, MailRules
from models.mail.rules.verdict import Verdict, judge

__all__ = ["Candidate", "MailRules", "Verdict", "Whereabouts", "judge"]
