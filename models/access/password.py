"""Passwords of logins: which are taken, and how they are kept.

By NIST SP 800-63B: a length, no rules of composition, any character, and none that is easily guessed.
"""

import unicodedata
from collections.abc import Sequence
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
"""Characters of a password."""
JUDGED = 72
"""How much of a long password is judged: what is not easily guessed so far does not become so by what follows."""
LEAST_SCORE = 3
"""Of zxcvbn's 0 to 4: at least 10**8 guesses by somebody who knows words, names, dates and keyboards."""

# Argon2id with the least that OWASP's Password Storage Cheat Sheet names: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
DECOY = "$argon2id$v=19$m=19456,t=2,p=1$Bx1bg49fsTj8iRqtBwlaig$miqqu7R8nQp8LP4k16zqQiHQwIMm/kmRQ82mbOHOZ+0"
"""Of nothing that anybody knows: what is checked where there is no password to check, so that both take as long."""
AT_ONCE, PATIENCE_SECONDS = BoundedSemaphore(2), 2
"""A check keeps a core busy for a moment: however many guess, leads come first."""
WAITING = BoundedSemaphore(4)
"""Who waits for a check keeps a thread that leads need, so few do."""


class TooManyChecks(RuntimeError):
    """Too many passwords are being checked at this moment. Try again in a few seconds."""


def hash_password(password: str) -> str:
    """What is kept of a password: a hash with its parameters and salt."""
    with _Turn():
        return HASHER.hash(_normal(password))


def verify_password(password: str, stored: str | None) -> bool:
    """Whether this is the password of a hash. Without one it is not, which takes as long to say.

    Raises TooManyChecks.
    """
    with _Turn():
        try:
            return HASHER.verify(stored or DECOY, _normal(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def password_problem(password: str, about: Sequence[str] = ()) -> str | None:
    """Why a password is not taken, in a sentence for whoever chose it; None for one that is.

    `about` is what everybody knows of them: their name, their address, the company.
    """
    given = _normal(password)
    if len(given) < SHORTEST:
        return f"This password has {len(given)} characters; take at least {SHORTEST}. Four unrelated words are good."
    if len(given) > LONGEST:
        return f"This password has {len(given)} characters; take at most {LONGEST}."
    # The lists of common passwords are read when the first one is judged, not when the pages start.
    from zxcvbn import zxcvbn

    known = [part for text in about for part in (text, *text.replace("@", " ").replace(".", " ").split()) if part]
    found = zxcvbn(given[:JUDGED], user_inputs=[*known, "tend"])
    if found["score"] >= LEAST_SCORE:
        return None
    warning = found["feedback"]["warning"] or "It is easy to guess."
    return f"This password is not taken. {warning} Four unrelated words, or one that a program made up, are good."


def _normal(password: str) -> str:
    """One spelling for what looks the same, however a keyboard writes it."""
    return unicodedata.normalize("NFKC", password.encode(errors="replace").decode())


class _Turn:
    """A place among the few checks that go on at once."""

    def __enter__(self) -> None:
        if AT_ONCE.acquire(blocking=False):
            return
        if not WAITING.acquire(blocking=False):
            raise TooManyChecks(TooManyChecks.__doc__)
        try:
            if not AT_ONCE.acquire(timeout=PATIENCE_SECONDS):
                raise TooManyChecks(TooManyChecks.__doc__)
        finally:
            WAITING.release()

    def __exit__(self, *_: object) -> None:
        AT_ONCE.release()
