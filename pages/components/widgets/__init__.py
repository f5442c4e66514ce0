"""What every page is put together of: texts, links, tiles, sliders, progress."""
