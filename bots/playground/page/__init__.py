"""The page where a person chats as a Slack user and as a Telegram user, and looks behind the answers."""
