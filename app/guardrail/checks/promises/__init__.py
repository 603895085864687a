"""What is said to be done, promised or given."""
