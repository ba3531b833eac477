"""The pages, the way in for leads and events, and the links in mails: a FastAPI application that needs only Postgres.

A page for ops with a table: copy `contacts/contacts.py` and its template `templates/pages/contacts/contacts.html`, add
the module to `FOR_OPS` in `app.py` and its address to `NAVIGATION` in `frame/pages.py`.
"""
