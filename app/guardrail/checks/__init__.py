"""The checks of a draft, a file each; what several of them ask stands in about, bounds and dictated."""
