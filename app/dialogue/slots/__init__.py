"""What a message tells about the customer: each kind of slot by a function over one reader."""
