"""The threshold workbench and the questions under it."""
