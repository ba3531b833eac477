"""What the temporary tables of populations.py are filled with: SQL.

`:before`, `:now` and `:until` are the days from which on there is something to compare with, which are asked about, and
the last. Only requests and mails of both spans are asked for. Rules name the columns.
Erased people stay in them with what facts tell of them; what they met with beside
that went with them and is null, and rules leave out those of whom it is.

What no rule asks about costs nothing: where a column is not selected, Postgres leaves out the join behind it, if that
brings at most one row each. So every part is grouped or distinct, also where that changes nothing.
"""

from models.kpi.diagnosis.office_hours import AT_WORK

CONTACTS = """
-- The moments of everybody who came to something in the days that are asked about. Who only came has none here.
WITH recent AS MATERIALIZED (
    SELECT DISTINCT contact_id FROM kpi_fact
    WHERE known_until IS NULL AND measure IN ('lead', 'opportunity', 'request', 'connected')
      AND day BETWEEN :first AND :last)
SELECT f.contact_id,
       min(f.at) FILTER (WHERE f.measure IN ('opportunity', 'request')) AS asked_at,
       min(f.at) FILTER (WHERE f.measure IN ('opportunity', 'request', 'mql')) AS qualified_at,
       min(f.at) FILTER (WHERE f.measure = 'opportunity') AS opportunity_at,
       min(f.at) FILTER (WHERE f.measure = 'contacted') AS contacted_at,
       min(f.at) FILTER (WHERE f.measure = 'connected') AS connected_at,
       min(f.at) FILTER (WHERE f.measure = 'customer') AS customer_at
FROM recent JOIN kpi_fact f USING (contact_id)
WHERE f.known_until IS NULL
  AND f.measure IN ('mql', 'opportunity', 'request', 'contacted', 'connected', 'customer')
GROUP BY f.contact_id
"""

ASKED = """
SELECT DISTINCT ON (f.contact_id) f.contact_id, f.at AS asked_at, f.rep_id, f.team_id, f.source, f.product,
       f.journey, f.day, d.contacted_at, d.connected_at, d.customer_at
FROM diagnosed_contact d JOIN kpi_fact f ON f.contact_id = d.contact_id AND f.at = d.asked_at
WHERE f.known_until IS NULL AND f.measure IN ('opportunity', 'request') AND f.day BETWEEN :now AND :until
ORDER BY f.contact_id, f.id
"""

NOTIFIED = """
-- When the mail of their first task went out, if one was written. A table of its own, for the planner takes it for
-- one row. Empty where nobody asks about notices.
WITH tasked AS (
    SELECT DISTINCT ON (t.contact_id) t.contact_id, t.id, t.created_at
    FROM task t JOIN diagnosed_asked q USING (contact_id)
    WHERE :notices AND t.created_at >= q.asked_at - interval '1 hour' ORDER BY t.contact_id, t.created_at, t.id)
SELECT t.contact_id, min(t.created_at) AS created_at,
       min(m.sent_at) FILTER (WHERE m.bounced_at IS NULL AND m.state IN ('sent', 'unknown')) AS sent_at
FROM tasked t JOIN message m ON m.contact_id = t.contact_id AND m.task_id = t.id AND m.kind = 'task' GROUP BY 1
"""

LEADS_TO_TALK = """
WITH owned AS (
    SELECT a.contact_id, min(a.at) AS at FROM assignment a JOIN diagnosed_asked q USING (contact_id) GROUP BY 1),
offered AS (
    SELECT o.contact_id, count(*) AS offers FROM offer o JOIN diagnosed_asked q USING (contact_id)
    WHERE o.answer IS DISTINCT FROM 'withdrawn' AND o.offered_at >= q.asked_at - interval '1 hour' GROUP BY 1),
outcome AS MATERIALIZED (SELECT DISTINCT t.outcome FROM task t JOIN diagnosed_asked q USING (contact_id)),
wrong_number AS (
    -- Each way to say it is read once, not each report.
    SELECT DISTINCT t.contact_id FROM task t JOIN diagnosed_asked q USING (contact_id)
    WHERE t.outcome IN (SELECT outcome FROM outcome WHERE outcome ~* :wrong_number)),
numbers AS (
    SELECT i.contact_id, min(i.first_seen_at) AS at FROM identifier i JOIN diagnosed_asked q USING (contact_id)
    WHERE i.kind = 'phone' GROUP BY 1),
points AS (
    SELECT s.contact_id, sum(s.points) AS points FROM score_entry s JOIN diagnosed_asked q USING (contact_id)
    WHERE s.at <= q.asked_at GROUP BY 1),
loads AS (
    SELECT rep_id, (at AT TIME ZONE :zone)::date AS day, count(*) AS leads FROM assignment
    WHERE at >= CAST(:before AS date) - 1 GROUP BY 1, 2),
usual_load AS (SELECT rep_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY leads) AS leads FROM loads GROUP BY 1),
busy AS (
    SELECT l.rep_id, l.day, bool_or(l.leads >= :busy_times * u.leads) AS is_busy_day
    FROM loads l JOIN usual_load u USING (rep_id) GROUP BY 1, 2),
zones AS (SELECT DISTINCT name FROM pg_timezone_names)
SELECT a.contact_id, a.team_id, a.rep_id, a.source, a.product, a.journey,
       true AS is_now,
       coalesce(a.connected_at <= a.asked_at + CAST(:talk_within AS interval), false) AS talked,
       coalesce(a.connected_at <= a.contacted_at + CAST(:first_attempt AS interval), false) AS talked_at_first_attempt,
       coalesce(a.customer_at <= a.asked_at + :lead_days * interval '1 day', false) AS ordered,
       a.contacted_at IS NOT NULL AS attempted,
       CASE WHEN o.at IS NULL AND a.rep_id <> 0 THEN NULL
            WHEN c.id IS NOT NULL THEN coalesce(o.at <= a.asked_at + CAST(:owner_within AS interval), false)
            END AS owned_in_time,
       f.offers,
       CASE WHEN n.contact_id IS NOT NULL
            THEN coalesce(n.sent_at <= n.created_at + CAST(:notice_within AS interval), false) END AS notified_in_time,
       CASE WHEN c.id IS NOT NULL THEN (c.phone IS NOT NULL OR c.mobile_phone IS NOT NULL)
            AND coalesce(p.at <= a.asked_at + interval '1 hour', true) END AS has_number,
       CASE WHEN c.id IS NOT NULL THEN w.contact_id IS NOT NULL END AS has_wrong_number,
       b.is_busy_day,
       CASE WHEN c.id IS NOT NULL
            THEN percent_rank() OVER (PARTITION BY c.id IS NULL ORDER BY coalesce(s.points, 0)) END AS score_rank,
       coalesce(a.contacted_at <= a.asked_at + CAST(:call_high_scores AS interval), false) AS called_while_hot,
       a.customer_at IS NULL OR a.customer_at > a.asked_at + CAST(:call_high_scores AS interval)
           AS still_open,
       CASE WHEN a.contacted_at >= a.asked_at AND c.id IS NOT NULL THEN
           extract(isodow FROM a.contacted_at AT TIME ZONE coalesce(z.name, :zone)) END AS attempted_weekday,
       CASE WHEN a.contacted_at >= a.asked_at AND c.id IS NOT NULL THEN
           extract(hour FROM a.contacted_at AT TIME ZONE coalesce(z.name, :zone)) END AS attempted_hour
FROM diagnosed_asked a
LEFT JOIN contact c ON c.id = a.contact_id
LEFT JOIN zones z ON z.name = c.time_zone
LEFT JOIN owned o ON o.contact_id = a.contact_id
LEFT JOIN offered f ON f.contact_id = a.contact_id
LEFT JOIN diagnosed_notified n ON n.contact_id = a.contact_id
LEFT JOIN numbers p ON p.contact_id = a.contact_id
LEFT JOIN wrong_number w ON w.contact_id = a.contact_id
LEFT JOIN busy b ON b.rep_id = a.rep_id AND b.day = a.day
LEFT JOIN points s ON s.contact_id = a.contact_id
"""

TALKED = """
SELECT f.contact_id, f.at AS talked_at, f.rep_id, f.team_id, f.source, f.product, f.journey, f.day,
       d.opportunity_at, d.customer_at
FROM diagnosed_contact d JOIN kpi_fact f USING (contact_id)
WHERE f.known_until IS NULL AND f.measure = 'connected' AND f.day BETWEEN :now AND :until
  AND (d.customer_at IS NULL OR d.customer_at >= f.at)
"""

TALKS = """
WITH triggered AS (
    SELECT DISTINCT ON (t.contact_id) t.contact_id, concat_ws(':', e.name, e.topic) AS trigger
    FROM diagnosed_talked t JOIN event e ON e.contact_id = t.contact_id
        AND (e.at = t.opportunity_at OR e.received_at = t.opportunity_at)
    WHERE e.name = ANY(:triggers) OR concat(e.name, ':', e.topic) = ANY(:triggers)
    ORDER BY t.contact_id, e.id),
points AS (
    SELECT s.contact_id, sum(s.points) AS points FROM score_entry s JOIN diagnosed_talked t USING (contact_id)
    WHERE s.at <= t.talked_at GROUP BY 1),
mailed AS (
    SELECT m.contact_id, count(*) AS mails, count(*) FILTER (WHERE m.opened_at <= t.talked_at) AS opened
    FROM message m JOIN diagnosed_talked t USING (contact_id)
    WHERE m.kind = 'marketing' AND m.sent_at <= t.talked_at AND m.bounced_at IS NULL GROUP BY 1)
SELECT t.contact_id, t.team_id, t.rep_id, t.source, t.product, t.journey,
       true AS is_now,
       coalesce(t.customer_at <= t.talked_at + :talk_days * interval '1 day', false) AS ordered,
       CASE WHEN t.opportunity_at <= t.talked_at THEN g.trigger END AS trigger,
       CASE WHEN s.points > 0 THEN percent_rank() OVER (PARTITION BY s.points > 0 ORDER BY s.points) END AS score_rank,
       CASE WHEN m.mails >= 2 THEN m.opened = 0 END AS read_nothing
FROM diagnosed_talked t
LEFT JOIN triggered g USING (contact_id)
LEFT JOIN points s USING (contact_id)
LEFT JOIN mailed m USING (contact_id)
"""

CAME = """
SELECT f.contact_id, f.at AS lead_at, f.rep_id, f.team_id, f.source, f.product, f.journey, f.day, d.qualified_at,
       d.contacted_at, d.customer_at
FROM kpi_fact f LEFT JOIN diagnosed_contact d USING (contact_id)
WHERE f.known_until IS NULL AND f.measure = 'lead' AND f.day BETWEEN :now AND :until
"""

LEADS = """
WITH mailed AS (
    SELECT m.contact_id, count(*) AS mails,
           count(*) FILTER (WHERE m.opened_at <= l.lead_at + CAST(:first_mails AS interval)) AS opened
    FROM message m JOIN diagnosed_came l USING (contact_id)
    WHERE m.kind = 'marketing' AND m.sent_at BETWEEN l.lead_at AND l.lead_at + CAST(:first_mails AS interval)
      -- The same for all of them, so that mails of other months are not looked at.
      AND m.sent_at >= CAST(:now AS date) - 1
      AND m.sent_at < CAST(:until AS date) + 2 + CAST(:first_mails AS interval)
      AND m.bounced_at IS NULL GROUP BY 1)
SELECT l.contact_id, l.team_id, l.rep_id, l.source, l.product, l.journey,
       true AS is_now,
       coalesce(l.customer_at <= l.lead_at + :lead_days * interval '1 day', false) AS ordered,
       coalesce(l.contacted_at <= l.lead_at + CAST(:call_within AS interval), false) AS called_in_time,
       -- Who bought sooner, or was not to be called yet, says nothing of a call that came in time or did not.
       l.qualified_at <= l.lead_at + CAST(:call_within AS interval)
           AND (l.customer_at IS NULL OR l.customer_at > l.lead_at + CAST(:call_within AS interval)) AS callable,
       c.id IS NOT NULL AND (l.customer_at IS NULL OR l.customer_at > l.lead_at + CAST(:first_mails AS interval))
           AND (c.suppressed_at IS NULL OR c.suppressed_at > l.lead_at + CAST(:first_mails AS interval))
           AS mailable,
       coalesce(m.mails, 0) AS mails, coalesce(m.opened, 0) AS opened,
       c.industry, c.job_title
FROM diagnosed_came l
LEFT JOIN contact c ON c.id = l.contact_id
LEFT JOIN mailed m ON m.contact_id = l.contact_id
"""

REQUESTED = """
-- Of those who were erased the requests are gone; facts say when they were, whose, and what became of them.
SELECT contact_id, rep_id, received_at, first_contact_at, first_contact_at <= due_at AS is_in_time,
       (received_at AT TIME ZONE :zone) AS local, NULL::text AS source, NULL::text AS product
FROM follow_up
WHERE received_at >= CAST(:before AS date) - 1 AND due_at <= :known_at
  AND (received_at AT TIME ZONE :zone)::date BETWEEN :before AND :until
UNION ALL
SELECT r.contact_id, nullif(r.rep_id, 0), r.at, answered.at, in_time.id IS NOT NULL, (r.at AT TIME ZONE :zone),
       r.source, r.product
FROM kpi_fact r
LEFT JOIN kpi_fact answered ON answered.contact_id = r.contact_id AND answered.measure = 'first_contact'
    AND answered.ref = r.ref AND answered.known_until IS NULL
LEFT JOIN kpi_fact in_time ON in_time.contact_id = r.contact_id AND in_time.measure = 'in_sla' AND in_time.ref = r.ref
    AND in_time.known_until IS NULL
WHERE r.known_until IS NULL AND r.measure = 'request' AND r.day BETWEEN :before AND :until
  AND NOT EXISTS (SELECT FROM contact WHERE contact.id = r.contact_id)
"""

REQUESTS = f"""
WITH owned AS (
    SELECT contact_id, min(at) AS at FROM assignment
    WHERE contact_id IN (SELECT contact_id FROM diagnosed_requested) GROUP BY 1),
loads AS (
    SELECT rep_id, (at AT TIME ZONE :zone)::date AS day, count(*) AS leads FROM assignment
    WHERE at >= CAST(:before AS date) - 1 GROUP BY 1, 2),
usual_load AS (SELECT rep_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY leads) AS leads FROM loads GROUP BY 1),
busy AS (
    SELECT l.rep_id, l.day, bool_or(l.leads >= :busy_times * u.leads) AS is_busy_day
    FROM loads l JOIN usual_load u USING (rep_id) GROUP BY 1, 2),
bought AS (
    SELECT contact_id, min(at) AS at FROM kpi_fact
    WHERE measure = 'customer' AND known_until IS NULL
      AND contact_id IN (SELECT contact_id FROM diagnosed_requested) GROUP BY 1)
SELECT a.contact_id, coalesce(r.team_id, 0) AS team_id, coalesce(a.rep_id, 0) AS rep_id,
       coalesce(c.source, a.source, '') AS source, coalesce(c.product, a.product, '') AS product, '' AS journey,
       a.local::date >= :now AS is_now,
       coalesce(a.is_in_time, false) AS answered_in_time,
       coalesce(a.first_contact_at <= a.received_at + CAST(:answer_within AS interval), false) AS answered_in_an_hour,
       a.received_at <= CAST(:known_at AS timestamptz) - CAST(:answer_within AS interval) AS is_old_enough,
       a.local::date <= :ripe AND (b.at IS NULL OR b.at >= a.received_at) AS is_ripe,
       coalesce(b.at <= a.received_at + :lead_days * interval '1 day', false) AS ordered,
       extract(isodow FROM a.local) AS weekday, {AT_WORK} AS is_at_work,
       CASE WHEN o.at IS NULL AND a.rep_id IS NOT NULL THEN NULL
            WHEN c.id IS NOT NULL THEN coalesce(o.at <= a.received_at + CAST(:owner_of_request AS interval), false)
            END AS owned_in_time,
       l.is_busy_day
FROM diagnosed_requested a
LEFT JOIN contact c ON c.id = a.contact_id
LEFT JOIN rep r ON r.id = a.rep_id
LEFT JOIN owned o ON o.contact_id = a.contact_id
LEFT JOIN busy l ON l.rep_id = a.rep_id AND l.day = a.local::date
LEFT JOIN bought b ON b.contact_id = a.contact_id
"""

MAILS = """
SELECT m.contact_id, coalesce(r.team_id, 0) AS team_id, coalesce(c.owner_id, 0) AS rep_id,
       coalesce(c.source, '') AS source, coalesce(c.product, '') AS product, m.template,
       split_part(m.template, '/', 1) AS journey,
       (m.sent_at AT TIME ZONE :zone)::date >= :now AS is_now,
       coalesce(m.opened_at <= m.sent_at + CAST(:opened_within AS interval), false) AS opened
FROM message m
JOIN contact c ON c.id = m.contact_id
LEFT JOIN rep r ON r.id = c.owner_id
WHERE m.kind = 'marketing' AND m.handed_at IS NOT NULL AND m.bounced_at IS NULL
  AND m.handed_at >= CAST(:before AS date) - 1
  AND (m.sent_at AT TIME ZONE :zone)::date BETWEEN :before AND :until
UNION ALL
SELECT m.contact_id, 0, 0, '', '', m.template, split_part(m.template, '/', 1),
       (m.sent_at AT TIME ZONE :zone)::date >= :now,
       coalesce(m.opened_at <= m.sent_at + CAST(:opened_within AS interval), false)
FROM erased_message m
WHERE m.kind = 'marketing' AND m.bounced_at IS NULL AND (m.sent_at AT TIME ZONE :zone)::date BETWEEN :before AND :until
"""

WRONG_NUMBER = (
    r"(wrong|bad|invalid|incorrect|disconnected|dead|unallocated|fake)[ a-z/]*\mnumber"
    r"|\mnumber[ a-z]*(wrong|bad|invalid|incorrect|disconnected|does not exist|not in service)"
    r"|not in service|\mfax\M"
)
"""How call outcomes of CRMs and diallers say that the number does not lead to the lead."""
