"""Views for spreadsheets and BI tools: plain names, people and teams by name, and words on each column."""

from models.kpi.views.refresh import VIEWS, refresh_views
from models.kpi.views.view import View

__all__ = ["VIEWS", "View", "refresh_views"]
