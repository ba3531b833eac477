"""When a mail may go out, and whether it still shall: windows, caps, lateness, warm-up. Pure; time is handed in."""

from models.mail_rules.candidate import Candidate
from models.mail_rules.rules import MailRules
from models.mail_rules.verdict import Verdict, judge
from models.mail_rules.zones import Whereabouts

__all__ = ["Candidate", "MailRules", "Verdict", "Whereabouts", "judge"]
