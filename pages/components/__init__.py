"""Browser components of the dashboard."""
