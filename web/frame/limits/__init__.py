"""How much is taken of a request, and what no request may hold."""
