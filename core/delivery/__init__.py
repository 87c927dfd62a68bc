"""Inbox to outbox: what arrived is answered once, in order, in the right place."""
