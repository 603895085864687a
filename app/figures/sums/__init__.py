"""Sums of prices, what is taken off them, which products fit, and the sums that customers work out themselves."""
