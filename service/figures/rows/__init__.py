"""The rows of the table of figures: each a function from a tally, and what stands beside it, to values."""
