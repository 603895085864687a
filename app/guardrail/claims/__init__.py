"""Claims without a figure: names, and a yes, that nothing we know bears out."""
