"""`python -m tests.audit` (`make audit`): what others made is pinned, our code has no known trap, no advisory names a pin.

`--offline` leaves the advisories out, which need an index: that part is in `make lint`.
"""
