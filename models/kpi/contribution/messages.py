"""kpi_message: what became of the mails to contacts, by the day on which they were sent."""

from typing import Any

from sqlalchemy import Connection

from models.kpi.contribution.recount import GOALS, Recount, days_to_recount, goals_of, reached_goals
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CHANGED_CONTACTS, CountingWindow
from models.playbook import Playbook
from models.tables.inbound_mail import InboundKind
from models.tables.kpi import KpiMessage
from models.tables.message import TO_CONTACTS

SENT = """m.state = 'sent' AND m.redirected_to IS NULL AND m.kind = ANY(CAST(:kinds AS text[]))
    AND m.contact_id IS NOT NULL"""
"""SQL over message as `m`: it went out to a contact."""

OPT_OUTS = (InboundKind.UNSUBSCRIBE, InboundKind.UNSUBSCRIBE_AND_REPLY)
REPLIES = (InboundKind.REPLY, InboundKind.UNSUBSCRIBE_AND_REPLY, InboundKind.PRIVACY_REQUEST)

OLDER_DAYS = f"""
WITH heard_of AS (
    SELECT message_id AS id FROM mail_event WHERE processed_at > :since
    UNION SELECT message_id FROM inbound_mail WHERE received_at > :since
    UNION SELECT i.message_id FROM inbound_correction c JOIN inbound_mail i ON i.id = c.inbound_id WHERE c.at > :since
), mail AS (
    SELECT m.sent_at FROM heard_of JOIN message m USING (id) WHERE {SENT}
    UNION ALL
    SELECT m.sent_at FROM changed_goal g
    JOIN message m ON m.contact_id = g.contact_id AND m.sent_at < g.at AND m.sent_at >= g.at - :within WHERE {SENT}
    UNION ALL
    -- Of a mail that is known to have gone out only now: the others before the same order, of which it may be the first
    -- or the last.
    SELECT other.sent_at FROM heard_of JOIN message m USING (id)
    JOIN kpi_fact f ON f.contact_id = m.contact_id AND f.measure = 'sale' AND f.known_until IS NULL
        AND f.at > m.sent_at AND f.at <= m.sent_at + :within
    JOIN message other ON other.contact_id = m.contact_id AND other.sent_at < f.at AND other.sent_at >= f.at - :within
    WHERE {SENT}
    UNION ALL
    SELECT m.sent_at FROM {CHANGED_CONTACTS} c
    JOIN event e ON e.contact_id = c.contact_id AND e.name = 'unsubscribed' AND e.received_at > :since
    JOIN message m ON m.contact_id = e.contact_id AND m.sent_at <= e.at AND m.sent_at > e.at - :within WHERE {SENT}
    UNION ALL
    SELECT m.sent_at FROM moved_contact JOIN message m USING (contact_id) WHERE {SENT}
    UNION ALL
    SELECT sent_at FROM erased_message WHERE erased_at > :since
)
SELECT DISTINCT (sent_at AT TIME ZONE :zone)::date FROM mail WHERE sent_at IS NOT NULL
"""
"""What was heard of mails, whose receivers talked or ordered, who opted out, who was merged, and who was erased."""


def count_messages(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the mails of all days on which one of them can have changed since the run before; of a full count all."""
    values = mail_values(window.playbook)
    recount = days_to_recount(connection, window, OLDER_DAYS, values)
    return store_versions(
        connection,
        KpiMessage,
        _select(recount),
        values | recount.values,
        scope=recount.scope,
        known_at=window.known_at,
    )


def mail_values(playbook: Playbook) -> dict[str, Any]:
    """What `judged_mails` binds beside its days."""
    return {
        "kinds": [kind.value for kind in TO_CONTACTS],
        "within": playbook.reports.touched_within,
        "opt_outs": [kind.value for kind in OPT_OUTS],
        "replies": [kind.value for kind in REPLIES],
    }


def judged_mails(recount: Recount, which: str = "") -> str:
    """SQL: a WITH whose last part, `judged`, has a row for each mail of these days, with what became of it.

    `which`: SQL over message as `m`, only these.
    """
    goals, only = (goals_of("mail"), f"AND {which}") if which else (GOALS, "")
    return f"""
WITH mail AS MATERIALIZED (
    SELECT m.id, {recount.day_of("m.sent_at")} AS day, m.template, coalesce(r.journey, '') AS journey,
           coalesce(s.fact ->> 'subject', '') AS variant, m.contact_id, m.sent_at AS at, m.delivered_at, m.opened_at,
           m.clicked_at, m.bounced_at, m.complained_at, false AS is_erased
    FROM message m
    LEFT JOIN journey_run r ON r.id = m.run_id
    -- The step that queued it says which subject was drawn.
    LEFT JOIN step s ON r.journey IN (SELECT journey FROM split_test WHERE name LIKE '% subject')
      AND s.run_id = m.run_id AND s.number = CASE WHEN m.key ~ '^[0-9]+:[0-9]{{1,9}}$'
                                                  THEN split_part(m.key, ':', 2)::int END
    WHERE {SENT} AND {recount.holds_for("m.sent_at")} {only}
    UNION ALL
    SELECT m.id, {recount.day_of("m.sent_at")}, m.template, m.journey, m.variant, m.contact_id, m.sent_at,
           m.delivered_at, m.opened_at, m.clicked_at, m.bounced_at, m.complained_at, true
    FROM erased_message m WHERE m.kind = ANY(CAST(:kinds AS text[])) AND {recount.holds_for("m.sent_at")} {only}
), erased AS (
    SELECT e.* FROM mail JOIN erased_message e USING (id) WHERE mail.is_erased
), {goals}, told AS (
    SELECT mail.id, bool_or(e.kind = 'opened' AND e.is_machine) AS bot_opened,
           bool_or(e.kind = 'clicked' AND e.is_machine) AS bot_clicked,
           bool_or(e.kind = 'unsubscribed') AS unsubscribed,
           bool_or(e.kind IN ('processed', 'delivered')) AS is_reported
    FROM mail JOIN mail_event e ON e.message_id = mail.id WHERE NOT mail.is_erased GROUP BY mail.id
    UNION ALL
    SELECT id, bot_opened, bot_clicked, unsubscribed, is_reported FROM erased
), reported_day AS (
    SELECT mail.day, bool_or(coalesce(told.is_reported, false) OR mail.delivered_at IS NOT NULL) AS is_reported
    FROM mail LEFT JOIN told USING (id) GROUP BY mail.day
), reply AS (
    SELECT mail.id, bool_or(i.kind = ANY(CAST(:replies AS text[]))) AS replied,
           bool_or(i.kind = ANY(CAST(:opt_outs AS text[]))) AS unsubscribed
    FROM inbound_mail i JOIN mail ON mail.id = i.message_id AND mail.contact_id = i.contact_id GROUP BY mail.id
    UNION ALL
    SELECT id, answers && CAST(:replies AS text[]), answers && CAST(:opt_outs AS text[]) FROM erased
), opt_out AS (
    -- The link in a mail says whose it is, and not which mail it was: it was the last one before.
    SELECT DISTINCT last_mail.id
    FROM event e, LATERAL (
        SELECT m.id FROM message m
        WHERE m.contact_id = e.contact_id AND {SENT} AND m.sent_at <= e.at AND m.sent_at > e.at - :within
        ORDER BY m.sent_at DESC, m.id DESC LIMIT 1) AS last_mail
    WHERE e.name = 'unsubscribed' AND e.source = 'unsubscribe'
      AND e.at >= CAST(:first_day AS date) - interval '1 day'
    UNION
    SELECT id FROM erased WHERE sent_at > opted_out_at - :within
), touch AS (
    -- Each order in time after a mail is the first touch of one of them, and the last of one.
    SELECT mail.id,
           count(*) FILTER (WHERE NOT EXISTS ({_other_mail("< (mail.at, mail.id)")}))::int AS first_touches,
           count(*) FILTER (WHERE NOT EXISTS ({_other_mail("> (mail.at, mail.id)")}))::int AS last_touches
    FROM mail JOIN sale ON sale.contact_id = mail.contact_id, unnest(sale.moments) AS moment
    WHERE moment > mail.at AND moment <= mail.at + :within
    GROUP BY mail.id
), judged AS (
    SELECT mail.*, told.bot_opened, told.bot_clicked, reported_day.is_reported,
           coalesce(told.unsubscribed, false) OR coalesce(reply.unsubscribed, false) OR opt_out.id IS NOT NULL
               AS unsubscribed,
           coalesce(reply.replied, false) AS replied,
           coalesce(touch.first_touches, 0) AS first_touches, coalesce(touch.last_touches, 0) AS last_touches,
           {reached_goals("mail")}
    FROM mail JOIN reported_day USING (day)
    LEFT JOIN told USING (id) LEFT JOIN reply USING (id) LEFT JOIN opt_out USING (id)
    LEFT JOIN touch USING (id)
    LEFT JOIN talk ON talk.contact_id = mail.contact_id LEFT JOIN sale ON sale.contact_id = mail.contact_id
)
"""


def _other_mail(beside: str) -> str:
    """SQL: another mail to the contact of `mail`, before or after it, and in time before the order at `moment`."""
    in_time = "m.contact_id = mail.contact_id AND m.sent_at < moment AND m.sent_at >= moment - :within"
    return f"""
        SELECT FROM message m WHERE {in_time} AND (m.sent_at, m.id) {beside} AND {SENT} UNION ALL
        SELECT FROM erased_message m WHERE mail.is_erased AND {in_time} AND (m.sent_at, m.id) {beside}
            AND m.kind = ANY(CAST(:kinds AS text[]))"""


def _select(recount: Recount) -> str:
    return f"""{judged_mails(recount)}
SELECT day, template, journey, variant, count(*)::int AS sent,
       CASE WHEN is_reported THEN count(delivered_at)::int END AS delivered,
       (CASE WHEN is_reported THEN count(delivered_at) ELSE count(*) - count(bounced_at) END)::int AS reached,
       count(opened_at)::int AS opened, count(clicked_at)::int AS clicked,
       (count(*) FILTER (WHERE opened_at IS NULL AND bot_opened))::int AS bot_opened,
       (count(*) FILTER (WHERE clicked_at IS NULL AND bot_clicked))::int AS bot_clicked,
       count(bounced_at)::int AS bounced, (count(*) FILTER (WHERE unsubscribed))::int AS unsubscribed,
       count(complained_at)::int AS complained, (count(*) FILTER (WHERE replied))::int AS replied,
       (count(*) FILTER (WHERE connected))::int AS connected, (count(*) FILTER (WHERE ordered))::int AS ordered,
       sum(first_touches)::int AS first_touches, sum(last_touches)::int AS last_touches
FROM judged GROUP BY day, template, journey, variant, is_reported
"""
