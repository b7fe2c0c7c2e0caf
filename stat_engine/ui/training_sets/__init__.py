"""Parts of the Training sets page."""
