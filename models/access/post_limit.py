"""Limits how often somebody may send a form: posts are counted by whoever sends them, over all web processes."""

import hashlib
import math
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.access.token import signing_key

COUNTED_FOR = timedelta(days=2)
"""No limit looks further back; what is older is deleted."""

PRUNE = """
-- More than a post adds, so that the table holds the posts that are counted and no others.
DELETE FROM form_post WHERE id IN (
    SELECT id FROM form_post WHERE at < :uncounted ORDER BY at LIMIT 10 FOR UPDATE SKIP LOCKED)
"""

COUNT = text(f"""
WITH full_since AS MATERIALIZED (
    SELECT at FROM form_post WHERE key = :key AND at > :since ORDER BY at DESC OFFSET :posts - 1 LIMIT 1
), stored AS (
    INSERT INTO form_post (key, at) SELECT :key, :now WHERE NOT EXISTS (SELECT FROM full_since)
), pruned AS ({PRUNE})
SELECT at FROM full_since
""")


def seconds_to_wait(connection: Connection, sender: str, posts: int, per: timedelta, now: datetime) -> int:
    """Count one post of a sender; gives after how many seconds there is room for it, zero where there is.

    `sender` says what is sent and by whom, such as `new lead 17`. At most `posts` in any stretch of `per`. The caller
    commits, also where there is no room.
    """
    about = {"key": sender_key(sender), "posts": posts, "since": now - per, "now": now}
    full_since = connection.execute(COUNT, about | {"uncounted": now - COUNTED_FOR}).scalar()
    return 0 if full_since is None else max(1, math.ceil((full_since + per - now).total_seconds()))


def sender_key(sender: str) -> bytes:
    """A keyed hash: what is counted tells nobody's address."""
    secret = hashlib.sha256(signing_key().encode()).digest()
    return hashlib.blake2b(sender.encode(errors="replace"), digest_size=16, key=secret).digest()
