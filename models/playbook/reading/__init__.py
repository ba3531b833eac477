"""Reading a playbook from its file: each fault with the line that it is at."""
