"""One package per platform: each knows its SDK, none knows anything of models."""
