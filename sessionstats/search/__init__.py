"""The search of a request, and the releases it knows (§4).

1. `grammar` makes a `tree` of the text (§4.1), or rejects its structure (§4.4).
2. `terms` says what each key and value means (§4.2, §4.6): with `versions` for keys of releases (§4.7), by
   `version_index` for many releases at once, and `releases` for those of release metadata (§4.8).
3. `conditions` binds terms to columns (§4.3) and finds the health classes that are selected (§4.5);
   `search` is what the other parts of a request see of all that.
4. `masks` selects rows.
"""
