"""The gallery: the registry of bugs as wrong implementations, and blind cases made apart from it.

`sessionstats.testing.bugs.registry` holds the gallery. `blind` has some twenty mutants of the model by source
diff, so that finding and naming is not only tested on what the registry itself makes.
"""
