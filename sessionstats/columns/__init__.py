"""What a column is, and converting one (§1.1, §1.4).

1. `schema` describes each column once; `converting` maps a description to its function.
2. `started`, `numbers` and `texts` convert a column of their kind. What all have in common is in `values`.
3. `encoding` keeps texts as codes and categories; `dictionary` and `packed` do that for many distinct ones.
"""
