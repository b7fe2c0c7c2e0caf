"""The Jobs page: the list of jobs, and one job with its log.

The card under a page's button is in `shared/work.py`."""
