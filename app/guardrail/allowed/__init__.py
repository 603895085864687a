"""What the sections in use allow to be said: products with prices, terms, counts, what is free, quotations."""
