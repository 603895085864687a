"""The Sales Machine: a self-hosted AI sales agent in a box."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("sales-machine")
except PackageNotFoundError:  # a bare checkout, never installed
    __version__ = "0+unknown"
