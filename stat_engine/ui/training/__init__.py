"""Parts of the training page: the form, what is under way, what is finished, and asking arms."""
