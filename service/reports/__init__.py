"""What commands, API and pages tell of many conversations, put together from figures and the store."""
