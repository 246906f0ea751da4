"""The registry of known bugs: each a wrong implementation, a hypothesis, and an entry of the documentation.

1. A *bug* has an id, the section that it breaks, what is right, and one or more *variants* (`bug`).
2. A variant is the plain model with one thing changed: the case on the way in, one definition, or the answer
   on the way out. It answers any case, so it can be asked like a program.
3. The families are modules here; `registry` joins them.
"""
