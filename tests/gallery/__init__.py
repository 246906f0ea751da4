"""The gallery: the registry of bugs as incorrect implementations, and blind cases made independently of it.

`sessionstats.testing.bugs.registry` holds the gallery. `blind` has some twenty mutants of the model by source
diff, so that finding and naming are tested not only on bugs of the registry itself.
"""
