"""What ops set in the Prefect UI and what talks to the outside. `prefect block register -m blocks` finds these."""

from blocks.local_mailbox import LocalMailbox
from blocks.sendgrid import SendGridMailer
from blocks.smtp import SmtpMailer

__all__ = ["LocalMailbox", "SendGridMailer", "SmtpMailer"]
