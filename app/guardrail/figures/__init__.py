"""What the numbers of a text measure: money with its period and unit, percentages, durations, counts, times, dates."""
