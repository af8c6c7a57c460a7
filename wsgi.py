"""The door: the WSGI application that any server can serve."""

from hub.web.app import create_app

app = create_app()
