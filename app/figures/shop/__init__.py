"""What a shop sells: facts as prices, limits and reductions; products by all of their names."""
