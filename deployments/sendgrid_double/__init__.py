"""A SendGrid on this machine, for tests and for trying things out: it takes mails, keeps them, and sends none.

It shares no code with the mailer, so that a mistake in one is not made again in the other. What it asks of a request
is written by hand from SendGrid's documentation, stricter where that is vague.
"""

from deployments.sendgrid_double.failures import CUT, HANG
from deployments.sendgrid_double.server import FakeSendGrid, run_fake
from deployments.sendgrid_double.settings import FakeSettings

__all__ = ["CUT", "HANG", "FakeSendGrid", "FakeSettings", "run_fake"]
