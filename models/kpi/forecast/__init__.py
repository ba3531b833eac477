"""The forecast: what the open pipeline, leads still to come and customers bring in this and the next months."""

from models.kpi.forecast.read import Forecast, ForecastMonth, read_forecast
from models.kpi.forecast.stays import count_stays
from models.kpi.forecast.store import count_forecast

__all__ = ["Forecast", "ForecastMonth", "count_forecast", "count_stays", "read_forecast"]
