"""Programs as strangers write them, right and with bugs planted; nothing of them is from the registry."""
