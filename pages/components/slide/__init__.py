"""Parts of the page Slide."""
