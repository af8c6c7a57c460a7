"""An identity provider of its own process, on loopback: real keys, real codes, PKCE, and every way to be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "hub", "secret-of-the-test-provider"


def make_provider(port: int) -> Flask:  # noqa: C901 - one closure for each thing that a provider answers
    """Return the provider; POST /mode tells it who signs in next, and how its answer should be wrong."""
    app, issuer = Flask("provider"), f"http://127.0.0.1:{port}"
    key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    mode: dict[str, Any] = {}
    codes: dict[str, dict[str, str]] = {}

    @app.get("/.well-known/openid-configuration")
    def metadata() -> Response:
        return jsonify(
            issuer="https://other.example" if mode.get("fault") == "metadata" else issuer,
            authorization_endpoint=f"{issuer}/authorize",
            token_endpoint=f"{issuer}/token",
            jwks_uri=f"{issuer}/keys",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256", "HS256", "none"],
        )

    @app.get("/keys")
    def keys() -> Response:
        return jsonify(keys=[key.as_dict(private=False)])

    @app.post("/mode")
    def set_mode() -> Response:
        mode.clear()
        mode.update(request.get_json())
        return jsonify({})

    @app.get("/authorize")
    def authorize() -> Any:
        asked = request.args
        assert asked["code_challenge_method"] == "S256"
        code = mode.get("code") or secrets.token_urlsafe(16)
        codes.setdefault(code, asked.to_dict())
        answer = {"code": code} | ({} if mode.get("fault") == "no_state" else {"state": asked["state"]})
        if mode.get("fault") == "iss_parameter":
            answer["iss"] = "https://other.example"
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}")

    @app.post("/token")
    def token() -> Any:
        asked = codes.pop(request.form["code"], None)
        if asked is None or request.authorization is None or request.authorization.password != SECRET:
            return jsonify(error="invalid_grant"), 400
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        if encoded(digest) != asked["code_challenge"]:
            return jsonify(error="invalid_grant"), 400
        return jsonify(access_token="t", token_type="Bearer", expires_in=60, **id_token(asked))

    def id_token(asked: dict[str, str]) -> dict[str, str]:
        return signed(claims_of(asked, issuer, mode), mode.get("fault"), key, stranger)

    return app


def claims_of(asked: dict[str, str], issuer: str, mode: dict[str, Any]) -> dict[str, Any]:
    """Return what the provider claims, wrong where the mode says so."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": CLIENT,
        "sub": mode.get("sub", "s-1"),
        "nonce": asked["nonce"],
        "iat": now - 7200,
        "exp": now + 300,
        "email": mode.get("email", "one@example.com"),
        "name": "示例",
        "groups": mode.get("groups", ["hub-admins"]),
    }
    wrong = {
        "iss": {"iss": "https://other.example"},
        "aud": {"aud": "another"},
        "nonce": {"nonce": "wrong"},
        "no_nonce": {"nonce": None},
        "expired": {"exp": now - 3600},
    }
    return claims | wrong.get(mode.get("fault", ""), {})


def signed(claims: dict[str, Any], fault: str | None, key: RSAKey, stranger: RSAKey) -> dict[str, str]:
    """Return the ID token, signed by the key that is published unless the fault says otherwise."""
    if fault == "no_token":
        return {}
    if fault in ("none", "hs256"):
        head = {"alg": "none" if fault == "none" else "HS256", "kid": "one"}
        text = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
        made = hmac.new(key.as_pem(private=False), text.encode(), hashlib.sha256).digest() if fault == "hs256" else b""
        return {"id_token": f"{text}.{encoded(made)}"}
    signer = stranger if fault in ("key", "kid") else key
    return {"id_token": jwt.encode({"alg": "RS256", "kid": "two" if fault == "kid" else "one"}, claims, signer)}


def encoded(data: bytes) -> str:
    """Return base64url without padding, as tokens are written."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def main() -> None:
    """Serve on a free port, and print its address when ready."""
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    server.app = make_provider(server.server_port)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def follow(url: str, session: Any) -> str:
    """Go where the hub leads, as the browser of a signed-in user does; return the path that leads back."""
    answer = session.get(url, allow_redirects=False, timeout=5)
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


if __name__ == "__main__":
    sys.exit(main())
