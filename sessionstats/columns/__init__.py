"""What a column is, and converting one (§1.1, §1.4)."""
