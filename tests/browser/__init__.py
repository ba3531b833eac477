"""What people see, type and touch, in a real browser."""
