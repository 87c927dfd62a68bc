"""Starts the emulator."""

from bots.playground.slack.command import slack

slack()
