"""Real processes that stand in for machines a test cannot have: they speak the wire protocol of the original."""
