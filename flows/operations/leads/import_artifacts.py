"""What Prefect shows of a dry run of an import: no name and no address, for nobody can erase them there."""

from flows.private_flow import contact_link
from flows.run_artifacts import show_table
from models.leads.imports.import_plan import ImportPlan


async def show_plan(plan: ImportPlan, *, key: str, file: str) -> None:
    """What would become of the first rows, and why rows would be rejected. `key` begins the names of the artifacts."""
    rows = [
        {"row": row.number, "would be": row.outcome, "contact": contact_link(row.contact_id) if row.contact_id else ""}
        for row in plan.first
    ]
    await show_table(rows, key=key, description=f"The first rows of {file}")
    if reasons := [{"why rejected": reason} for reason in plan.why()]:
        await show_table(reasons, key=f"{key}-rejected", description=f"Why rows of {file} would be rejected")
