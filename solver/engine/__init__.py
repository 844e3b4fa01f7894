"""Building, running and reading the models: Problem to class counts, and counts to a placement."""
