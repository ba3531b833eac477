"""A fake SendGrid on this machine, for tests and for trying things out: it accepts mails, keeps them, and sends none.

It shares no code with the mailer, so that a mistake in one is not made again in the other. Its rules for
requests are written by hand from SendGrid's documentation, stricter where that is vague.
"""

from deployments.sendgrid_double.failures import CUT, HANG
from deployments.sendgrid_double.server import FakeSendGrid, run_fake
from deployments.sendgrid_double.settings import FakeSettings

__all__ = ["CUT", "HANG", "FakeSendGrid", "FakeSettings", "run_fake"]
