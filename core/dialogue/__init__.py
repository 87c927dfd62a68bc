"""The turn: from messages to an answer, with memory and context."""
