"""KPIs that the same causes can explain, the nearest first; and those that no rule explains."""

from models.tables.kpi import KpiName

BUSINESS = (KpiName.ORDERS, KpiName.REVENUE, KpiName.NET_NEW_CUSTOMERS, KpiName.NET_NEW_PEOPLE)
CONNECTION = (KpiName.CONNECTION_RATE, KpiName.CONNECTIONS, *BUSINESS)
CONVERSION = (KpiName.CLOSING_RATE, KpiName.WIN_RATE, KpiName.ORDER_SHARE, *BUSINESS)
SPEED = (KpiName.TIME_TO_BUY, KpiName.PIPELINE_VELOCITY, KpiName.TIME_IN_STAGE, KpiName.STALLED_LEADS)
INTEREST = (KpiName.OPEN_RATE, KpiName.CLICK_RATE, KpiName.ENGAGEMENT_RATE)
RESPONSE = (
    KpiName.IN_SERVICE_LEVEL,
    KpiName.RESPONSE_TIME,
    KpiName.WORKING_RESPONSE_TIME,
    KpiName.TIME_TO_TALK,
    KpiName.FOLLOW_UP_SHARE,
    KpiName.CONTACTED_IN_5M,
    KpiName.CONTACTED_IN_15M,
    KpiName.CONTACTED_IN_30M,
    KpiName.CONTACTED_IN_1H,
    KpiName.CONTACTED_IN_24H,
)
SOURCES = (KpiName.ORDER_SHARE, KpiName.QUALIFIED_SHARE, KpiName.MQL_SHARE)

NOT_EXPLAINED = (
    KpiName.LEADS,
    KpiName.LEADS_PER_WEEK,
    KpiName.OPPORTUNITIES,
    KpiName.ORDER_VALUE,
    KpiName.REPEAT_SHARE,
    KpiName.RETENTION,
    KpiName.TOUCHES,
    KpiName.OFFERS,
    KpiName.OFFER_DECLINES,
    KpiName.BOUNCE_RATE,
    KpiName.UNSUBSCRIBE_RATE,
)
"""KPIs whose causes lie outside of what is asked here, or that are figures of how much is done."""
