"""An OpenID Connect provider on loopback: authlib's own server side, with signed ID tokens and PKCE demanded.

`says` is what it tells of whoever signs in, `overrides` what it puts into the ID token in place of what is right.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "deskmark", "a secret between two"


class Client(ClientMixin):
    """The one client that the provider knows."""

    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code:
    """A code that was given out."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    user: Any

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Provider:
    """The provider. Use it as a context manager; `address` is its issuer."""

    says: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)
    alg: str = "RS256"
    claimed_issuer: str = ""
    challenges: list[str] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing_key: Any = None
    redirect_uri: str = "http://localhost/sign-in/oidc/back"

    def __enter__(self) -> Self:
        self.server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.address = f"http://127.0.0.1:{self.server.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def _app(self) -> Flask:
        app = Flask("provider")
        app.config["OAUTH2_SCOPES_SUPPORTED"] = ["openid", "email", "profile"]
        server = AuthorizationServer(
            app,
            query_client=lambda name: Client(self.redirect_uri) if name == CLIENT_ID else None,
            save_token=lambda token, request: None,
        )
        server.register_grant(self._grant(), [self._tokens(), CodeChallenge(required=True)])

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Any:
            return jsonify(
                issuer=self.claimed_issuer or self.address,
                authorization_endpoint=f"{self.address}/authorize",
                token_endpoint=f"{self.address}/token",
                jwks_uri=f"{self.address}/keys",
                id_token_signing_alg_values_supported=["RS256", "HS256", "none"],
            )

        @app.get("/keys")
        def keys() -> Any:
            return jsonify(KeySet([self.key]).as_dict(private=False))

        @app.get("/authorize")
        def authorize() -> Any:
            """Whoever comes is signed in here already and agrees."""
            grant = server.get_consent_grant(end_user=self.says)
            return server.create_authorization_response(grant_user=self.says, grant=grant)

        @app.post("/token")
        def token() -> Any:
            return server.create_token_response()

        return app

    def _grant(self) -> type[AuthorizationCodeGrant]:
        provider = self

        class Grant(AuthorizationCodeGrant):
            TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["client_secret_basic"]

            def save_authorization_code(self, code: str, request: Any) -> Code:
                data = request.payload.data
                provider.challenges.append(data["code_challenge"])
                kept = Code(
                    code,
                    data["redirect_uri"],
                    request.payload.scope,
                    data["nonce"],
                    data["code_challenge"],
                    data["code_challenge_method"],
                    request.user,
                )
                provider.codes[code] = kept
                return kept

            def query_authorization_code(self, code: str, client: Client) -> Code | None:
                return provider.codes.get(code)

            def delete_authorization_code(self, authorization_code: Code) -> None:
                del provider.codes[authorization_code.code]

            def authenticate_user(self, authorization_code: Code) -> Any:
                return authorization_code.user

        return Grant

    def _tokens(self) -> OpenIDCode:
        provider = self

        class Tokens(OpenIDCode):
            def exists_nonce(self, nonce: str, request: Any) -> bool:
                return False

            def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
                now = int(time.time())
                claims = {
                    "iss": provider.address,
                    "aud": CLIENT_ID,
                    "iat": now,
                    "exp": now + 300,
                    "nonce": request.authorization_code.nonce,
                    **request.user,
                    **provider.overrides,
                }
                if provider.alg == "HS256":
                    key: Any = OctKey.import_key(CLIENT_SECRET)
                    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, key, ["HS256"])
                return jwt.encode(
                    {"alg": "RS256", "kid": provider.key.kid}, claims, provider.signing_key or provider.key
                )

        return Tokens()
