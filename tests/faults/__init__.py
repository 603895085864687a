"""Each fault of the machine's surroundings: named, answered by contract, survived."""
