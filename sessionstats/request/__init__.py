"""From the parameters of a request to a judged `Query` (§2)."""
