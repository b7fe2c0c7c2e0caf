"""The Settings page: servers, prices, reviewers, launchers and this machine, for the whole workspace.

Settings of one run are on Run stages."""
