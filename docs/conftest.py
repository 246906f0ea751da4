"""The scripts that build the site are no documentation: pytest reads the pages only.

The page on scaling needs the extras ``arrow`` and ``dask``; without them it is left out.
"""

from importlib.util import find_spec

collect_ignore_glob = ["*.py", "figures/*.py", "course/mini/*.py", "_build/*"]

collect_ignore = [] if all(map(find_spec, ("pyarrow", "dask"))) else ["scaling.md"]
