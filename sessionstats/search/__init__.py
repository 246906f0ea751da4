"""The search of a request, and the releases it knows (§4)."""
