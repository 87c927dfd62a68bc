"""Scenarios: who says what where, and what must be seen. One file plays unchanged on every platform."""
