"""Ask only for what changed: an ETag on what the API reads, and 304 for who has it already."""

from __future__ import annotations

from flask import Flask, Response, request


def install(app: Flask) -> None:
    """Give each answer of a GET its ETag; to be installed before whatever else looks at answers."""
    app.after_request(_tag)


def _tag(response: Response) -> Response:
    if request.method != "GET" or response.status_code != 200 or not request.path.startswith("/api/v1/"):
        return response
    if response.is_json:
        response.add_etag()
        response.make_conditional(request)
    return response
