"""`python -m hub` is the `hub` command."""

from hub.web.cli import main

main()
