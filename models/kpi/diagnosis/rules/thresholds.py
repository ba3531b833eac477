"""From when on something is a cause: every threshold that the rules go by, once. Their sentences say them."""

from datetime import time, timedelta

OWNER_WITHIN = timedelta(minutes=30)
"""A lead without an owner for longer waits for one."""
OWNER_OF_REQUEST_WITHIN = timedelta(minutes=5)
"""Whoever asks for a person waits for an owner sooner."""
NOTICE_WITHIN = timedelta(minutes=15)
"""A task whose mail went out later was told of late."""
FIRST_ATTEMPT = timedelta(hours=1)
"""A talk so soon after the first attempt came of it."""
CALL_WITHIN = timedelta(days=2)
"""Qualified leads that are called later are called late."""
CALL_HIGH_SCORES_WITHIN = timedelta(days=3)
"""Leads with high scores that are called later have waited."""
FIRST_MAILS = timedelta(days=14)
"""The first weeks, whose mails are counted."""
ANSWER_WITHIN = timedelta(hours=1)
"""An answer outside of working hours is hoped for within so long."""
BUSY_TIMES = 1.5
"""A day is busy for somebody who gets so many times as many leads as on a usual day (their median)."""
LOW_SCORES, HIGH_SCORES = 1 / 3, 2 / 3
"""The parts of all scores, by rank, that are low and not yet high."""
OFFICE_DAYS, OFFICE_HOURS = range(5), (time(9), time(18))
"""Monday is 0. The hours of those to whom the playbook gives none."""
