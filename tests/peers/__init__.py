"""Programs that misbehave, each in its own way, and one in another language that is wrong."""
