"""Flows that deliver mail and keep its state true."""
