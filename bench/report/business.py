"""Two years of a made business in the ordinary tables, drawn by hashes in Postgres: contacts and all that they do.

`bench_life` holds when each contact comes to what; `live` stores what happens in a stretch of time, so a day more is a
second call.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from models.database import engine

DAYS = 730
REPS, TEAMS = 50, 5
LAST_NIGHT = datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC)
NEXT_NIGHT = LAST_NIGHT + timedelta(days=1)
BEGIN = LAST_NIGHT - timedelta(days=DAYS)

TEAM = """
INSERT INTO team (name) SELECT 'Team ' || n FROM generate_series(1, :teams) n;
INSERT INTO rep (name, email, team_id)
SELECT 'Rep ' || n, 'rep' || n || '@example.com', (SELECT id FROM team WHERE name = 'Team ' || 1 + n % :teams)
FROM generate_series(1, :reps) n
"""

CHANCE = """
-- A number from 0 to 1 that a contact always draws for one thing.
CREATE FUNCTION chance(n bigint, what bigint) RETURNS float LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    (hashint8extended(n, what) & 2147483647) / 2147483648.0
"""

LIFE = """
-- What somebody does not come to is null; what is to come has its moment already.
CREATE UNLOGGED TABLE bench_life AS
WITH came AS (
    SELECT n, CAST(:begin AS timestamptz) + power(n / CAST(:count AS float), 0.9) * interval '1 day' * :days AS came_at
    FROM generate_series(1, CAST(:count * (1 + 1.0 / :days) AS bigint)) n),
qualified AS (
    SELECT *, CASE WHEN chance(n, 2) < 0.45 THEN came_at + power(chance(n, 3), 3) * interval '10 days' END AS mql_at
    FROM came),
tried AS (
    SELECT *, mql_at + CASE WHEN chance(n, 4) < 0.4 THEN interval '10 minutes' WHEN chance(n, 4) < 0.7
        THEN interval '3 hours' WHEN chance(n, 4) < 0.9 THEN interval '2 days' END AS tried_at FROM qualified),
talked AS (SELECT *, CASE WHEN chance(n, 5) < 0.5 THEN tried_at END AS talked_at FROM tried),
dealt AS (
    SELECT *, CASE WHEN chance(n, 6) < 0.7 THEN talked_at + chance(n, 7) * interval '5 days' END AS opportunity_at
    FROM talked),
ordered AS (
    SELECT *, CASE WHEN chance(n, 8) < 0.35 THEN opportunity_at + chance(n, 9) * interval '40 days'
                   WHEN chance(n, 10) < 0.01 THEN came_at + chance(n, 9) * interval '60 days' END AS ordered_at
    FROM dealt)
SELECT o.*, reps.ids[1 + floor(chance(n, 11) * cardinality(reps.ids))::int] AS rep_id,
       'source ' || floor(power(chance(n, 12), 2) * 8) AS source,
       products.codes[1 + floor(chance(n, 13) * cardinality(products.codes))::int] AS product,
       (ARRAY['lead_nurture', 'offer_sequence', 'challenge_course'])[1 + floor(chance(n, 14) * 3)::int] AS journey,
       (ARRAY['request-info', 'request-call', 'ebook', 'trial'])[1 + floor(chance(n, 15) * 4)::int] AS form
FROM ordered o, (SELECT array_agg(id ORDER BY id) AS ids FROM rep WHERE email LIKE 'rep%') reps,
     (SELECT array_agg(code ORDER BY id) AS codes FROM product) products
"""

HAPPENED = "BETWEEN CAST(:after AS timestamptz) + interval '1 microsecond' AND CAST(:until AS timestamptz)"

STAGE = """CASE WHEN ordered_at <= :until THEN 'customer' WHEN opportunity_at <= :until THEN 'opportunity'
    WHEN talked_at <= :until THEN 'sql' WHEN mql_at <= :until THEN 'mql' ELSE 'mgl' END"""

REACHED = ", ".join(
    f"CASE WHEN {moment} <= :until THEN {moment} END"
    for moment in ("mql_at", "talked_at", "opportunity_at", "ordered_at")
)

CONTACTS = f"""
INSERT INTO contact (id, email, phone, source, industry, job_title, product, owner_id, stage, mgl_at, mql_at, sql_at,
                     opportunity_at, customer_at, created_at, updated_at, score)
SELECT n, 'lead' || n || '@example.com', CASE WHEN chance(n, 16) < 0.8 THEN '+1207' || lpad(n::text, 7, '0') END,
       source, 'industry ' || floor(chance(n, 17) * 12), 'title ' || floor(chance(n, 18) * 20), product,
       CASE WHEN mql_at <= :until THEN rep_id END, {STAGE}, came_at, {REACHED}, came_at, came_at,
       round((chance(n, 19) * 60)::numeric, 2)
FROM bench_life WHERE came_at {HAPPENED} ORDER BY n
"""

MOVED_ON = f"""
UPDATE contact SET stage = {STAGE}, owner_id = CASE WHEN life.mql_at <= :until THEN rep_id END,
       (mql_at, sql_at, opportunity_at, customer_at) =
       ROW({REACHED.replace("mql_at", "life.mql_at").replace("opportunity_at", "life.opportunity_at")})
FROM bench_life life
WHERE life.n = contact.id AND life.came_at <= :after
  AND (life.mql_at {HAPPENED} OR talked_at {HAPPENED} OR life.opportunity_at {HAPPENED} OR ordered_at {HAPPENED})
""".replace("WHEN mql_at", "WHEN life.mql_at").replace("WHEN opportunity_at", "WHEN life.opportunity_at")

IDENTIFIERS = f"""
INSERT INTO identifier (contact_id, kind, value, source, first_seen_at, last_seen_at)
SELECT id, kind, value, source, created_at, created_at
FROM contact, LATERAL (VALUES ('email', email), ('phone', phone)) AS v (kind, value)
WHERE value IS NOT NULL AND created_at {HAPPENED}
"""

EVENTS = f"""
INSERT INTO event (name, topic, contact_id, source, data, at, received_at, reacted_at)
SELECT name, topic, n, source, data, at, at, at FROM (
    SELECT n, source, 'form_submitted' AS name, form AS topic, '{{}}'::jsonb AS data, came_at AS at FROM bench_life
    UNION ALL
    SELECT n, source, 'page_visited', (ARRAY['pricing', 'order', 'about'])[1 + k % 3], '{{}}',
           came_at + power(chance(n, 100 + k), 2) * interval '120 days'
    FROM bench_life, generate_series(1, 5) k
    UNION ALL
    SELECT n, source, 'link_clicked', journey || '/mail_' || k, '{{}}',
           came_at + power(chance(n, 200 + k), 2) * interval '90 days'
    FROM bench_life, generate_series(1, 4) k
    UNION ALL
    SELECT n, source, 'task_done', n::text, jsonb_build_object('task', n, 'outcome',
           CASE WHEN talked_at IS NULL THEN 'Could Not Reach: Try Again' ELSE 'Had Call: Qualified Lead' END), tried_at
    FROM bench_life
    UNION ALL
    SELECT n, source, 'order_placed', product, '{{"amount": "480.00"}}', ordered_at FROM bench_life
) AS happened WHERE at {HAPPENED} ORDER BY at
"""

RUNS = f"""
INSERT INTO journey_run (id, journey, contact_id, key, exclusive, started_at, waiting_for)
SELECT n, journey, n, 'bench', true, came_at, 'the end' FROM bench_life WHERE came_at {HAPPENED} ORDER BY n
"""

STEPS = f"""
INSERT INTO step (run_id, number, verb, name, answer, at)
SELECT n, k, CASE k % 2 WHEN 1 THEN 'send' ELSE 'wait' END, 'step ' || k, '"done"', came_at + k * interval '5 days'
FROM bench_life, generate_series(1, 5) k WHERE came_at + k * interval '5 days' {HAPPENED} ORDER BY n, k
"""

ASSIGNMENTS = f"""
INSERT INTO assignment (contact_id, rep_id, router, how, reason, at)
SELECT n, CASE k WHEN 1 THEN rep_id ELSE (SELECT min(id) FROM rep) END, 'inbound', 'round robin', 'bench', at
FROM bench_life, generate_series(1, 2) k, LATERAL (
    SELECT mql_at + CASE WHEN k = 2 THEN interval '9 days' WHEN chance(n, 20) < 0.8 THEN interval '1 minute'
                         ELSE interval '2 hours' END AS at) AS given
WHERE (k = 1 OR chance(n, 21) < 0.05) AND at {HAPPENED} ORDER BY at
"""

FOLLOW_UPS = f"""
INSERT INTO follow_up (id, contact_id, event_id, rep_id, received_at, due_at, first_contact_at, connected_at)
SELECT n, n, n, rep_id, mql_at, mql_at + interval '30 minutes', CASE WHEN tried_at <= :until THEN tried_at END,
       CASE WHEN talked_at <= :until THEN talked_at END
FROM bench_life WHERE mql_at {HAPPENED} ORDER BY n
"""

FOLLOWED_UP = f"""
UPDATE follow_up f SET first_contact_at = tried_at, connected_at = talked_at
FROM bench_life WHERE f.id = n AND mql_at <= :after AND tried_at {HAPPENED}
"""

TASKS = f"""
INSERT INTO task (id, run_id, number, contact_id, journey, name, template, rep_id, assignee, created_at, due_at,
                  done_at, outcome)
SELECT n, n, 6, n, journey, 'first call', 'lead_qualification/call', rep_id, 'rep@example.com', mql_at,
       mql_at + interval '4 hours', CASE WHEN tried_at <= :until THEN tried_at END,
       CASE WHEN talked_at <= :until THEN 'Had Call: Qualified Lead'
            WHEN tried_at <= :until THEN 'Could Not Reach: Try Again' END
FROM bench_life WHERE mql_at {HAPPENED} ORDER BY n
"""

TASKS_DONE = f"""
UPDATE task t SET done_at = tried_at, outcome = 'Could Not Reach: Try Again'
FROM bench_life WHERE t.id = n AND mql_at <= :after AND tried_at {HAPPENED}
"""

MESSAGES = f"""
INSERT INTO message (key, contact_id, run_id, task_id, kind, template, state, queued_at, due_at, handed_at,
                     is_handed_over, sent_at, delivered_at, opened_at, clicked_at)
SELECT n || ':' || k, n, n, CASE k WHEN 0 THEN n END, CASE k WHEN 0 THEN 'task' ELSE 'marketing' END,
       CASE k WHEN 0 THEN 'lead_qualification/call' ELSE journey || '/mail_' || k END, 'sent', at, at, at, true, at, at,
       CASE WHEN k > 0 AND chance(n, 300 + k) < 0.3 AND at + interval '6 hours' <= :until
            THEN at + interval '6 hours' END,
       CASE WHEN k > 0 AND chance(n, 300 + k) < 0.05 AND at + interval '6 hours' <= :until
            THEN at + interval '6 hours' END
FROM bench_life, generate_series(0, 3) k, LATERAL (
    SELECT CASE k WHEN 0 THEN mql_at + interval '1 minute' ELSE came_at + (k * 7 - 6) * interval '1 day' END AS at) AS m
WHERE at {HAPPENED} ORDER BY at
"""

OPENED = f"""
UPDATE message m SET opened_at = sent_at + interval '6 hours'
WHERE kind = 'marketing' AND opened_at IS NULL AND sent_at <= :after AND sent_at + interval '6 hours' {HAPPENED}
  AND chance(contact_id, 300 + right(template, 1)::bigint) < 0.3
"""

MAIL_EVENTS = f"""
INSERT INTO mail_event (key, provider, kind, message_id, at, received_at, is_machine, processed_at)
SELECT 'open ' || id || ' ' || is_machine, 'sendgrid', 'opened', id, opened_at, opened_at, is_machine, opened_at
FROM message, LATERAL (VALUES (false), (true)) AS v (is_machine)
WHERE opened_at {HAPPENED} AND (NOT is_machine OR id % 10 = 0)
"""

ENTRIES = f"""
INSERT INTO score_entry (contact_id, points, reason, rule, slot, day, at)
SELECT n, 5 + floor(chance(n, 400 + k) * 20), 'bench', 'rule ' || k, '1', at::date, at
FROM bench_life, generate_series(1, 2) k, LATERAL (
    SELECT came_at + power(chance(n, 410 + k), 2) * interval '30 days' AS at) AS earned
WHERE at {HAPPENED} ORDER BY n
"""

ORDERS = f"""
INSERT INTO "order" (id, contact_id, product_id, event_id, amount, currency, placed_at)
SELECT n, n, p.id, n, 480, 'USD', ordered_at FROM bench_life JOIN product p ON p.code = product
WHERE ordered_at {HAPPENED} ORDER BY ordered_at
"""

DEALS = f"""
-- A fifth of the deals are told of by another system.
INSERT INTO opportunity (contact_id, rep_id, reference, stage, opened_at, closed_at, amount, currency, event_id)
SELECT n, rep_id, 'crm:' || n, 'open', opportunity_at, NULL, 480, 'USD', (SELECT min(id) FROM event)
FROM bench_life WHERE chance(n, 22) < 0.2 AND opportunity_at {HAPPENED}
"""

OFFERS = f"""
WITH placed AS (
    INSERT INTO placement (id, contact_id, router, reason, offered, queued_at, closed_at, rep_id)
    SELECT n, n, 'partners', 'bench', true, mql_at, mql_at + interval '1 hour', rep_id
    FROM bench_life WHERE chance(n, 23) < 0.1 AND mql_at {HAPPENED} RETURNING id)
INSERT INTO offer (placement_id, contact_id, rep_id, number, offered_at, expires_at, answer, answered_at)
SELECT n, n, rep_id, 1, mql_at, mql_at + interval '1 hour',
       (ARRAY['accepted', 'declined', 'expired'])[1 + floor(chance(n, 24) * 3)::int], mql_at + interval '30 minutes'
FROM bench_life JOIN placed ON placed.id = n
"""

HAPPENINGS = {
    "contact": (CONTACTS, MOVED_ON),
    "identifier": (IDENTIFIERS,),
    "event": (EVENTS,),
    "journey_run": (RUNS,),
    "step": (STEPS,),
    "assignment": (ASSIGNMENTS,),
    "follow_up": (FOLLOW_UPS, FOLLOWED_UP),
    "task": (TASKS, TASKS_DONE),
    "message": (MESSAGES, OPENED),
    "mail_event": (MAIL_EVENTS,),
    "score_entry": (ENTRIES,),
    "order": (ORDERS,),
    "opportunity": (DEALS,),
    "offer": (OFFERS,),
}
"""Table -> what stores and changes its rows."""

INDEXES = text("""
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i
WHERE i.indrelid = CAST(:table AS regclass)
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
""")


def make_life(address: str, count: int) -> None:
    """Salespeople, and the life of so many contacts over DAYS days and of those of one day more."""
    values = {"begin": BEGIN, "count": count, "days": DAYS, "reps": REPS, "teams": TEAMS}
    with engine(address).begin() as connection:
        for statement in (*TEAM.split(";"), CHANCE, LIFE):
            connection.execute(text(statement), values)
        connection.execute(text("CREATE INDEX ON bench_life (n)"))
        connection.execute(text("ANALYZE bench_life"))


def live(address: str, after: datetime, until: datetime, *, is_first: bool = False) -> dict[str, int]:
    """Store what happens after one moment and until another; gives the rows of each table that this wrote.

    The first time indexes are made afterwards, which takes a third of the time.
    """
    values = {"after": after, "until": until}
    written = {}
    for table, statements in HAPPENINGS.items():
        with engine(address).begin() as connection:
            # Whatever is stored here fits together, so no foreign key has to be looked up.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            indexes = _drop_indexes(connection, table) if is_first else []
            written[table] = sum(
                connection.execute(text(statement), values).rowcount for statement in statements[: 1 if is_first else 2]
            )
            for definition in indexes:
                connection.execute(text(definition))
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    return written


def _drop_indexes(connection: Connection, table: str) -> list[str]:
    found = connection.execute(INDEXES, {"table": f'"{table}"'}).all()
    for name, _ in found:
        connection.execute(text(f"DROP INDEX {name}"))
    return [definition for _, definition in found]
