"""What guards the application: headers, limits, and where a request came from."""

import hmac
import math
import secrets
from io import BytesIO

from flask import Flask, Request, Response, request
from itsdangerous import BadSignature, TimestampSigner
from werkzeug.middleware.proxy_fix import ProxyFix

from braintumor.demo.web.limits import RateLimiter
from braintumor.demo.web.problems import Problem
from braintumor.demo.web.settings import Settings

COOKIE = "braintumor_form"
FIELD = "token"
TOKEN_SECONDS = 12 * 3600
# Model, token and position need a few hundred bytes; Werkzeug reads files through the
# same buffer, 64 kB at a time, so it must hold some more than that.
FORM_FIELD_BYTES = 192 * 1024
SPARE_PARTS = 8  # fields beside the files
HEADERS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "img-src 'self' data: blob:",
            "style-src 'self'",
            "script-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ]
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers would then send "Origin: null" with our own form.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), "
    "microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class MemoryRequest(Request):
    """A request whose files stay in memory: nothing of an upload touches the disk."""

    def _get_file_stream(self, *_arguments: object, **_options: object) -> BytesIO:
        # Werkzeug would write what is larger than 500 kB to a temporary file. The
        # request as a whole is limited, so memory is, too.
        return BytesIO()


class FormToken:
    """The form's token: the same signed value in a cookie and in a hidden field.

    Another page can make a browser send our cookie, but can neither read it nor
    sign a value of its own.
    """

    def __init__(self, secret: bytes) -> None:
        """Sign with `secret`."""
        self._signer = TimestampSigner(secret, salt="form")

    def current(self) -> str:
        """Return the token of the request's cookie, or a new one."""
        token = request.cookies.get(COOKIE, "")
        return token if self._is_valid(token) else self._make()

    def _make(self) -> str:
        return self._signer.sign(secrets.token_urlsafe(16)).decode()

    def _is_valid(self, token: str) -> bool:
        try:
            self._signer.unsign(token, max_age=TOKEN_SECONDS)
        except BadSignature:
            return False
        return True

    def set_cookie(self, response: Response, token: str) -> Response:
        """Put the token into the response's cookie, for this page alone."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=TOKEN_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Strict",
        )
        return response

    def require(self) -> None:
        """Refuse a form whose field and cookie do not hold the same valid token.

        Raises:
            Problem: 403.
        """
        cookie = request.cookies.get(COOKIE, "").encode()
        field = request.form.get(FIELD, "").encode()
        if not hmac.compare_digest(cookie, field) or not self._is_valid(field.decode()):
            raise Problem(403)


def refuse_other_origins() -> None:
    """Refuse what a browser says another site made it send.

    Programs send neither header and pass.

    Raises:
        Problem: 403.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin.partition("://")[2] != request.host
    if site not in ("same-origin", "none") or foreign:
        raise Problem(403, "The request was sent by another site's page")


def add_headers(response: Response) -> Response:
    """Tell a browser what it may do with a response; return the response."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def protect(app: Flask, settings: Settings) -> None:
    """Set limits and hooks; call it before any other hook is registered."""
    app.request_class = MemoryRequest
    app.config.update(
        MAX_CONTENT_LENGTH=settings.maximum_bytes,
        MAX_FORM_MEMORY_SIZE=FORM_FIELD_BYTES,
        MAX_FORM_PARTS=settings.maximum_files + SPARE_PARTS,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
    )
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
    limiter = RateLimiter(settings.rate, settings.burst)

    @app.before_request
    def guard_posts() -> None:
        if request.method == "POST" and request.routing_exception is None:
            refuse_other_origins()
            if wait := limiter.take(request.remote_addr):
                headers = {"Retry-After": str(math.ceil(wait))}
                raise Problem(429, "You are asking too fast", headers=headers)

    app.after_request(add_headers)
