"""A candidate against the model that answers now: measured, compared, judged, shown."""
