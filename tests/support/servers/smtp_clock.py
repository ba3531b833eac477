"""A process that delivers what is due by SMTP until it is told to stop, as a clock does; to be killed.

`python -m tests.support.servers.smtp_clock PORT` stops at SIGTERM.
"""

import asyncio
import signal
import sys

from blocks.smtp import Encryption, SmtpMailer
from flows.operations.mail.deliver_messages import deliver_due
from tests.support.mail.outbox import NOON


async def _deliver(mailer: SmtpMailer) -> None:
    work = asyncio.create_task(deliver_due(mailer, NOON))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return


if __name__ == "__main__":
    asyncio.run(_deliver(SmtpMailer(host="127.0.0.1", port=int(sys.argv[1]), encryption=Encryption.NONE)))
