"""From the parameters of a request to a validated `Query` (§2)."""
