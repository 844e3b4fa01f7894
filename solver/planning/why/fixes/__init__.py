"""What would help: changes of the input, each tried out before it is told of."""
