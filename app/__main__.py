"""`python -m app` is `machine`."""

from app.cli import main

main()
