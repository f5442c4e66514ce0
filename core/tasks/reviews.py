"""The reviews that are shipped: short texts of several kinds, for work without the internet."""

from core import paths

REVIEWS = paths.ASSETS / "reviews"
