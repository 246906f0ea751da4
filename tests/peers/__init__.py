"""Programs that misbehave, each in its own way, and an incorrect one in another language."""
