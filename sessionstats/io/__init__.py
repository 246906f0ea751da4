"""Sessions read from files, records and frames, and written back."""
