"""What a shop's facts say of a question: prices, terms and limits, sums with their derivation.

Pure; no search, no model. facts -> catalogue (what is sold, recognised by any of its names) -> wanted (what a clause
asks to be counted) -> counting (a Sum) -> deciding (a Decided for each asked clause). Words are data: `words/*.yaml`.
"""
