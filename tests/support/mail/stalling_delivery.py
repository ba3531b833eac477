"""A delivery in a process of its own, to be killed: its mailer takes some emails, and hangs with the last of them.

`python -m tests.support.mail.stalling_delivery FILE` appends the key of each email that the mailer took to the file.
"""

import asyncio
import sys
import time
from pathlib import Path

from blocks.email_feed import EmailFeed
from blocks.mailer import Mailer
from blocks.send_result import accepted
from flows.operations.mail.deliver_messages import deliver_due
from tests.support.mail.outbox import NOON

TAKEN = 70


class StallingMailer(Mailer):
    """Cannot say later what it took."""

    file: str

    def hand_over(self, emails: EmailFeed) -> None:
        for number, email in enumerate(emails, start=1):
            if not emails.begin(email):
                continue
            with Path(self.file).open("a") as out:
                out.write(f"{email.key}\n")
            while number == TAKEN:
                time.sleep(1)
            emails.record(email, accepted())


if __name__ == "__main__":
    asyncio.run(deliver_due(StallingMailer(file=sys.argv[1]), NOON))
