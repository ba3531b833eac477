"""How many marketing mails one contact gets: whether there is room for one more, and when there will be. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from models.playbook.mail import Cap


def longest(caps: Sequence[Cap]) -> timedelta:
    """How far back the caps look."""
    return max((cap.per for cap in caps), default=timedelta(0))


def reached(caps: Sequence[Cap], handed: Sequence[datetime], now: datetime) -> tuple[Cap, datetime] | None:
    """The cap that allows no mail now, and the moment from which on it does; None when there is room.

    `handed` are the moments at which mails were handed over before. Of several caps it is the one that lasts longest.
    """
    full = ((cap, _room_at(cap, handed, now)) for cap in caps)
    return max(((cap, at) for cap, at in full if at > now), key=lambda found: found[1], default=None)


def _room_at(cap: Cap, handed: Sequence[datetime], now: datetime) -> datetime:
    counted = sorted(moment for moment in handed if moment > now - cap.per)
    # The newest `cap.mails` fill it: the oldest of them must have passed out of the time that it counts over.
    return counted[-cap.mails] + cap.per if len(counted) >= cap.mails else now
