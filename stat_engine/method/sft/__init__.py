"""Supervised fine-tuning: an arm from its training set to its adapter.

`arm` orders the work, `fine_tuning` trains in this process, `processes` on several GPUs."""
