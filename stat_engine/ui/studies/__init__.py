"""Parts of the page Studies, and a study's files."""
