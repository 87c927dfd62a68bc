"""The web widget on the stage: it needs no emulated platform, since the service itself serves it."""
