"""What is kept: SQLite through sqlite-utils. No SQL leaves this package."""
