"""What an amount is said of: the products that a text names, and the one that each amount belongs to."""
