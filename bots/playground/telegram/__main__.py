"""Starts the emulator."""

from bots.playground.telegram.command import telegram

telegram()
