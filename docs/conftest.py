"""The scripts that build the site are no documentation: pytest reads the pages only."""

collect_ignore_glob = ["*.py", "figures/*.py", "_build/*"]
