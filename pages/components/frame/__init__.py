"""What stands around every page: the sidebar with model, task and language."""
