"""The assistant: imports no platform SDK and no adapter."""
