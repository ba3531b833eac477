"""What KPIs, their units, readings and dimensions are called in tables, playbooks and addresses."""

from enum import StrEnum


class KpiName(StrEnum):
    """Every KPI that has a definition, as the playbook's goals and addresses of pages call it."""

    LEADS = "leads"
    LEADS_PER_WEEK = "leads_per_week"
    ENGAGEMENT_RATE = "engagement_rate"
    MQL_SHARE = "mql_share"
    QUALIFIED_SHARE = "qualified_share"
    ORDER_SHARE = "order_share"
    TIME_IN_STAGE = "time_in_stage"
    STALLED_LEADS = "stalled_leads"

    OPPORTUNITIES = "opportunities"
    CONNECTIONS = "connections"
    CONNECTION_RATE = "connection_rate"
    CLOSING_RATE = "closing_rate"
    WIN_RATE = "win_rate"
    PIPELINE_VELOCITY = "pipeline_velocity"

    ORDERS = "orders"
    REVENUE = "revenue"
    ORDER_VALUE = "order_value"
    TIME_TO_BUY = "time_to_buy"
    NET_NEW_CUSTOMERS = "net_new_customers"
    NET_NEW_PEOPLE = "net_new_people"
    RETENTION = "retention"
    REPEAT_SHARE = "repeat_share"

    RESPONSE_TIME = "response_time"
    WORKING_RESPONSE_TIME = "working_response_time"
    TIME_TO_TALK = "time_to_talk"
    FOLLOW_UP_SHARE = "follow_up_share"
    IN_SERVICE_LEVEL = "in_service_level"
    CONTACTED_IN_5M = "contacted_in_5m"
    CONTACTED_IN_15M = "contacted_in_15m"
    CONTACTED_IN_30M = "contacted_in_30m"
    CONTACTED_IN_1H = "contacted_in_1h"
    CONTACTED_IN_24H = "contacted_in_24h"
    TOUCHES = "touches"

    OFFERS = "offers"
    OFFER_ACCEPTANCE = "offer_acceptance"
    OFFER_DECLINES = "offer_declines"
    OFFER_TIMEOUTS = "offer_timeouts"

    OPEN_RATE = "open_rate"
    CLICK_RATE = "click_rate"
    BOUNCE_RATE = "bounce_rate"
    UNSUBSCRIBE_RATE = "unsubscribe_rate"


class Unit(StrEnum):
    """What the value of a KPI is."""

    COUNT = "count"
    SHARE = "share"
    """From 0 to 1."""
    MONEY = "money"
    MONEY_PER_DAY = "money a day"
    PER_WEEK = "a week"
    EQUIVALENTS = "equivalents"
    """Of one whole customer."""
    SECONDS = "seconds"
    DAYS = "days"


class Reading(StrEnum):
    """Which of two questions a number answers."""

    COHORT = "cohort"
    """What has become by now of the leads that came in that time."""
    PERIOD = "period"
    """What happened in that time, whenever the lead came."""


class Dimension(StrEnum):
    """What a row of a KPI table is cut by, beside the team."""

    ALL = "all"
    """Not at all; `member` is empty."""
    PERSON = "person"
    """`member` is the number of the rep, 0 for nobody; `team_id` is theirs."""
    SOURCE = "source"
    """Where the contact first came from."""
    PRODUCT = "product"
    """Its code; of leads the one that they asked about."""
    JOURNEY = "journey"
    """The one that the contact had come to last at that moment."""
