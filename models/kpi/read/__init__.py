"""Reading the KPI tables: pages, mails, exports and artifacts take their numbers from here."""

from models.kpi.read.funnel import StageValue, read_funnel
from models.kpi.read.names import member_names, name_of, source_name, team_names
from models.kpi.read.question import KpiValue, Question, question_of
from models.kpi.read.requests import RequestsByHour, read_requests_by_hour
from models.kpi.read.response import Response, ResponseTimes, read_response
from models.kpi.read.sales_maths import read_sales_maths
from models.kpi.read.sums import Step
from models.kpi.read.time_to_buy import TimeToBuyReading, read_time_to_buy
from models.kpi.read.values import is_sum, read_all_series, read_series, read_teams, read_values, steps
from models.kpi.read.written import written, written_interval, written_number

__all__ = [
    "KpiValue",
    "Question",
    "RequestsByHour",
    "Response",
    "ResponseTimes",
    "StageValue",
    "Step",
    "TimeToBuyReading",
    "is_sum",
    "member_names",
    "name_of",
    "question_of",
    "read_all_series",
    "read_funnel",
    "read_requests_by_hour",
    "read_response",
    "read_sales_maths",
    "read_series",
    "read_teams",
    "read_time_to_buy",
    "read_values",
    "source_name",
    "steps",
    "team_names",
    "written",
    "written_interval",
    "written_number",
]
