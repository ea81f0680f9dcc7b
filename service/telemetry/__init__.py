"""What processes tell of themselves: one trace from webhook to note, counters, heartbeats, faults. Never a text."""
