"""A strict emulator of Telegram's Bot API, with people to play."""
