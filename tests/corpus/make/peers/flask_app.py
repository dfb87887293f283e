# SPDX-License-Identifier: Apache-2.0
"""Flask with PyJWT, Flask-HTTPAuth and Authlib. flask_app.py PORT SECRET"""

import sys

import jwt
from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.jose import jwt as jose
from authlib.oauth2.rfc7523 import JWTBearerTokenValidator
from flask import Flask, abort, jsonify, request
from flask_httpauth import HTTPBasicAuth, HTTPDigestAuth, HTTPTokenAuth

port, secret = int(sys.argv[1]), sys.argv[2]
app = Flask(__name__)
app.config["SECRET_KEY"] = "session"
basic, token, digest = HTTPBasicAuth(realm="reports"), HTTPTokenAuth("Bearer"), HTTPDigestAuth()
ORDERS = {"orders": [{"id": 17, "total": 1250}]}


class Validator(JWTBearerTokenValidator):
    def authenticate_token(self, text):
        try:
            return jose.decode(text, self.public_key, claims_options=self.claims_options, claims_cls=self.token_cls)
        except Exception:
            return None


protect = ResourceProtector()
protect.register_token_validator(Validator(secret))


@basic.verify_password
def verify_password(user, password):
    return user == "joe" and password in ("right", "grüß Gott")


@digest.get_password
def get_password(user):
    return "right" if user == "joe" else None


@token.verify_token
def verify_token(text):
    return text == "0123456789abcdef0123456789abcdef"


@app.route("/reports")
@basic.login_required
def reports():
    return jsonify(ORDERS)


@app.route("/digest")
@digest.login_required
def digested():
    return jsonify(ORDERS)


@app.route("/token")
@token.login_required
def tokened():
    return jsonify(ORDERS)


@app.route("/authlib")
@protect()
def authlib():
    return jsonify(ORDERS)


@app.route("/apikey")
def apikey():
    if request.headers.get("X-Api-Key") != "k-right":
        return jsonify(message="Missing or invalid API key. Pass it in the X-Api-Key header."), 401
    return jsonify(ORDERS)


@app.route("/abort")
def aborted():
    abort(401)


@app.route("/me")
def me():
    """PyJWT, its words handed on."""
    field = request.headers.get("Authorization", "")
    scheme, _, text = field.partition(" ")
    try:
        options = {"require": ["exp"]} if "strict" in request.args else {}
        jwt.decode(
            text,
            secret,
            algorithms=["HS256"],
            audience="https://api.example.com",
            issuer="https://login.example.com/",
            options=options,
        )
    except jwt.PyJWTError as error:
        return (
            jsonify(error=type(error).__name__, detail=str(error)),
            401,
            {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'},
        )
    return jsonify(ORDERS)


@app.route("/echo-env")
def echo_env():
    if "HTTP_AUTHORIZATION" not in request.environ:
        return jsonify(error="Authorization header is missing"), 401, {"WWW-Authenticate": 'Bearer realm="api"'}
    return jsonify(ORDERS)


if __name__ == "__main__":
    app.run("127.0.0.1", port)
