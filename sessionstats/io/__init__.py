"""Sessions read from files, records and frames, and written back (§1.5).

1. `files` reads and writes files that `sources` finds: `text`, `npz`, `parquet`, `envelopes`.
2. `records`, `payloads` and `arrow` read what is in memory already; `sampling` draws sessions.
3. All become `blocks` of rows, with columns renamed by `names`, and bad rows reported by `bad_rows` (§1.4).
4. The modules ``arrow_…`` read text faster, where they are sure to agree with the plain readers.
"""
