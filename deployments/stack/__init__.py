"""The local stack: Postgres, Prefect, worker, pages and clock as child processes."""
