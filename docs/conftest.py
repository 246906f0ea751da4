"""The scripts that build the site are not documentation: pytest reads the pages only.

The page on scaling needs the extras ``arrow`` and ``dask``, the one on one's own data ``arrow``; without them
they are left out.
"""

from importlib.util import find_spec

collect_ignore_glob = ["*.py", "_extensions/*", "figures/*.py", "course/mini/*.py", "_build/*", "semantics/*"]

NEEDED = {"scaling.md": ("pyarrow", "dask"), "your-own-data.md": ("pyarrow", "pandas")}

collect_ignore = [page for page, packages in NEEDED.items() if not all(map(find_spec, packages))]
