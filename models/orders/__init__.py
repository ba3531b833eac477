"""Orders: recorded from events, and how long buyers took."""
