"""A delivery in a process of its own, to be killed: its mailer takes one batch and half of the next, then hangs.

`python -m tests.support.mail.stalling_delivery FILE` appends the key of each email that the mailer took to the file.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import PrivateAttr

from blocks.mailer import Mailer, SendResult, accepted
from flows.operations.mail.deliver_messages import deliver_due
from models.mail.rendering.email import RenderedEmail
from tests.support.mail.outbox import NOON


class StallingMailer(Mailer):
    """Cannot say later what it took."""

    file: str
    _batches: int = PrivateAttr(default=0)

    def deliver(self, emails: Sequence[RenderedEmail]) -> list[SendResult]:
        self._batches += 1
        taken = emails if self._batches == 1 else emails[: len(emails) // 2]
        with Path(self.file).open("a") as out:
            out.writelines(f"{email.key}\n" for email in taken)
        while self._batches > 1:
            time.sleep(1)
        return [accepted() for _ in taken]


if __name__ == "__main__":
    asyncio.run(deliver_due(StallingMailer(file=sys.argv[1]), NOON))
