"""Dates and times of the clock: read off a text as they are said, then placed from the moment of reading."""
