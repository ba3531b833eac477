"""The rules of the house: who may import whom. `test_layers.py` holds them."""

FLOORS = {
    # Folder -> its floors, the lowest first. What stands on a floor may import what stands on the floors before it,
    # and neither its neighbours nor anything above.
    "": ("templates", "models", "blocks", "flows web", "deployments", "bench"),
    "models": (
        "column database display_name search session_check stop_request wording",
        "values",
        "tables",
        "access conditions geo",
        "playbook",
        "events titles",
        "identity mail splits",
        "chat contacts fulfilment logins orders response team",
        "scoring tasks",
        "feedback prediction routing",
        "journeys",
        "kpi",
        "bulk_actions merging",
        "leads",
        "migrations",
    ),
    "models.routing": (
        "assignment",
        "offers escalation fairness lead_selection new_owners reassignment",
        "route",
        "reassign",
        "leavers reassign_overdue take_back",
    ),
    "web": (
        "charts frame",
        "health",
        "contacts documentation feedback fulfilment journeys leads logins mail reports routing splits tasks team",
        "work",
        "first_page",
        "overview body_limits search",
        "app",
    ),
    "flows": (
        "form_choices run_artifacts run_name",
        "private_flow",
        "runtime",
        "testing rehearsal",
        "journeys operations",
    ),
    "flows.runtime": (
        "authoring clock contract start_form",
        "verbs",
        "definitions",
        "kept_versions maps move_guess rules run_start unloadable",
        "checks replay_check repeated_requests statements",
        "react turn",
        "prefect_flow virtual_time",
    ),
    "deployments": ("stack", "commands demo sendgrid_double", "command_groups", "command_line"),
}

NEIGHBOURS = {
    ("web.tasks", "web.contacts"): "whoever answers a task qualifies the contact by the fields of the contact's page",
}
"""Who imports a neighbour all the same, and why."""

NEVER = {
    "models": "prefect",
    "web": "blocks prefect",
    "flows.journeys": "blocks prefect",
    "flows.runtime": "blocks prefect",
    "flows.testing": "blocks prefect",
}
"""What a folder does not import from outside its own floors: journeys and pages need no Prefect."""

EXCEPT = {"flows.runtime.prefect_flow": "prefect"}
"""The one file of the runtime that knows Prefect."""

MOST_FILES = 20
"""Files in one folder, not counting its folders and its `__init__`."""

UNBOUNDED = {"flows/journeys": "a journey is one file that is found, however many a business has"}
"""Folders with any number of files, and why."""

STARTED_BY_NAME = {
    "web.app": "uvicorn",
    "web.frame.limits.http_connection": "uvicorn",
    "models.migrations.env": "alembic",
    "models.migrations.versions": "alembic",
    "blocks": "registered with Prefect as they are found",
    "flows.journeys": "discovered",
    "flows.testing": "what tests of journeys import",
}
"""Modules and folders that nothing imports, and who starts them; prefect.yaml and files with a `__main__` are known."""
