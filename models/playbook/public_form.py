"""What a source asks of the forms that strangers post: a trap, a time, and how many posts come from one place."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from models.playbook.section import Duration, Section, write_duration
from models.wording import counted, duration

LONGEST_PERIOD = timedelta(days=1)
"""Posts are counted no further back than this."""

TRAPS = ("_gotcha", "honeypot", "bot-field", "botcheck")
"""What hidden fields that people leave empty are usually called; no form has a field of that name for people."""

MIN_SECONDS = 2
"""Nobody reads a form, types an address and sends it in less, not even with a browser that fills in the fields."""


def _countable(period: timedelta) -> timedelta:
    if period > LONGEST_PERIOD:
        raise ValueError(f"at most {write_duration(LONGEST_PERIOD)} was expected")
    return period


class PostLimit(Section):
    """At most so many posts in a time; what is over it waits for a person to look."""

    posts: Annotated[int, Field(ge=1, le=100_000)]
    per: Annotated[Duration, AfterValidator(_countable)]

    @property
    def text(self) -> str:
        """Such as `10 posts in 1 hour`."""
        return f"{counted(self.posts, 'post')} in {duration(self.per)}"


class PostLimits(Section):
    """The limits of one source; null for none."""

    # Nobody who means it asks ten times within an hour, whichever forms they try.
    address: PostLimit | None = PostLimit.model_validate({"posts": 10, "per": "1h"})
    """For one email address and for one number."""
    # A trade fair or a large office stands behind one address: five leads a minute, for as long as it lasts.
    network: PostLimit | None = PostLimit.model_validate({"posts": 300, "per": "1h"})
    """For one network address: of IPv4 the address, of IPv6 the /64 that one connection has."""
