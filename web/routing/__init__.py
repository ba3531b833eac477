"""Pages of routers and offers."""
