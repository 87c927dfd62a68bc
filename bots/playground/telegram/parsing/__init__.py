"""The three parse modes (core.telegram.org/bots/api#formatting-options)."""
