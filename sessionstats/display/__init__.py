"""Answers for people: tables, tidy rows, sparklines, numbers."""
