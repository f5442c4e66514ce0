"""Parts of the page Distil."""
