"""How ops are called who have no login of their own, and what mails call them instead."""

AT_THIS_MACHINE = "ops at this machine"
BY_SHARED_PASSWORD = "ops with the shared password"
MANAGER = "Your manager"
"""In mails to staff: who works with them need not know by which password somebody was let in."""


def name_in_mail(name: str) -> str:
    """What a mail to staff calls somebody of ops: their name, where they have one."""
    return MANAGER if name in (AT_THIS_MACHINE, BY_SHARED_PASSWORD) else name
