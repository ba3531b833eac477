"""When a mail may go out, and whether it still shall: windows, caps, lateness, warm-up. Pure; time is handed in."""

import models.playbook  # noqa: F401  its checks use parts of this package, so it goes first whoever is asked for first
from models.mail_rules.candidate import Candidate
from models.mail_rules.rules import MailRules
from models.mail_rules.verdict import Verdict, judge
from models.mail_rules.zones import Whereabouts

__all__ = ["Candidate", "MailRules", "Verdict", "Whereabouts", "judge"]
