"""Web pages for those who operate the service."""
