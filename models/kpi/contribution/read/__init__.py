"""Reading contribution: what mails, journeys, steps, forms and sources bring. Pages take it from here."""

from models.kpi.contribution.read.advice import RULE, Action, Advice
from models.kpi.contribution.read.journeys import (
    HoldoutEffect,
    JourneyLine,
    JourneysReading,
    StepLine,
    Touched,
    read_holdouts,
    read_journeys,
    read_steps,
)
from models.kpi.contribution.read.mails import (
    FunnelMails,
    MailCounts,
    MailLine,
    MailsReading,
    RollingRates,
    read_mails,
    read_rolling,
)
from models.kpi.contribution.read.share import Share
from models.kpi.contribution.read.source_metrics import OtherMoney, SourceMetrics
from models.kpi.contribution.read.sources import FormLine, SourceLine, SourcesReading, read_sources

__all__ = [
    "RULE",
    "Action",
    "Advice",
    "FormLine",
    "FunnelMails",
    "HoldoutEffect",
    "JourneyLine",
    "JourneysReading",
    "MailCounts",
    "MailLine",
    "MailsReading",
    "OtherMoney",
    "RollingRates",
    "Share",
    "SourceLine",
    "SourceMetrics",
    "SourcesReading",
    "StepLine",
    "Touched",
    "read_holdouts",
    "read_journeys",
    "read_mails",
    "read_rolling",
    "read_sources",
    "read_steps",
]
