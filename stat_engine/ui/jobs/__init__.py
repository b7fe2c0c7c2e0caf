"""The Jobs page: all jobs of the workspace, and one of them opened."""
