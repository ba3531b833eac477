"""The numbers by mail: every morning or Monday, and the review of each month."""

from models.kpi.mails.send import next_report_mail, send_report_mails

__all__ = ["next_report_mail", "send_report_mails"]
