"""Parts of the training sets page, one file a part."""
