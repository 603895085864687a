"""Amounts of money: prices, sums, agreements, and money in odd signs."""
