"""Parts of the Run stages page."""
