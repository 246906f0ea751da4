"""Programs as strangers write them, correct ones and ones with planted bugs; none are from the registry."""
