"""Sessions from files, records and frames, and back."""
