"""Parts of the Skills and data page."""
