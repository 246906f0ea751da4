"""What measures base groups: one interface, several engines behind it (§5, §6).

1. `interface` says what an engine is: it finds the base groups of the sessions that count, and measures them.
2. `plain` works on whole columns, stage after stage. It is the reference.
3. `blocks` gives the same measures block by block, in less time and memory.
4. `summaries` measures summaries of chunks of sessions, merged in any order.

No engine knows ranking, pages or the layout of an answer: those belong to `sessionstats.pipeline`.
"""
