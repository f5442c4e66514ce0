"""Stored results side by side: parts of Trade-offs and Compare."""
