"""What measures base groups: one interface, several ways to be fast."""
