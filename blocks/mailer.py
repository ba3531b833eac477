"""The base class of all mailers: emails in, one result for each out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from prefect.blocks.core import Block
from pydantic import HttpUrl

from blocks.email_feed import EmailFeed, SendLogInMemory
from blocks.send_result import SendResult, unavailable
from models.mail.rendering.email import RenderedEmail
from models.mail.rendering.links import web_url

NOT_TAKEN = unavailable("the mailer ended before this one's turn")


def logo(name: str) -> HttpUrl:
    """The picture that Prefect's page of blocks shows; our own web server has it, so it needs no internet."""
    return HttpUrl(f"{web_url()}/static/logos/{name}.svg")


class Mailer(Block, ABC):
    """A way to send mail. Subclasses are blocks that ops fill in; see current_mailer for how one is chosen."""

    @property
    def needs_own_tracking(self) -> bool:
        """Whether our own links and pixel must track clicks and opens, because this mailer does not report them."""
        return True

    @abstractmethod
    def hand_over(self, emails: EmailFeed) -> None:
        """Send one after another of these emails until there are no more, and record the result of each.

        A mailer calls `begin` before the first byte of an email's content goes out. A failure that is expected of a
        provider is a result. After any exception an email that was begun counts as handed over without an answer, and
        the others as not handed over.
        """

    def find_accepted(self, keys: Sequence[str]) -> set[str] | None:
        """Which of these message keys the provider has accepted; None for mailers that cannot look it up.

        A mailer that can look it up does not have to call `begin`.
        """
        return None

    def deliver(self, emails: Sequence[RenderedEmail]) -> list[SendResult]:
        """Send emails that are no messages of the outbox, such as a preview; gives one result each, in their order."""
        log = SendLogInMemory()
        feed = EmailFeed(log, lambda: datetime.now(UTC))
        feed.add(emails)
        feed.end()
        self.hand_over(feed)
        feed.finish()
        return [log.results.get(email.key, feed.closed_by or NOT_TAKEN) for email in emails]
