"""Parts of the page Quantize."""
