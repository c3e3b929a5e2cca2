"""What stands before the routes: who may ask, whether there is room, and what every answer says."""

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sureshot.serving.access import Access
from sureshot.serving.answers import Problem
from sureshot.serving.metrics import Metrics
from sureshot.serving.refusals import Refused
from sureshot.serving.service import Service

PROBES = ("/livez", "/readyz")  # for anybody: a probe has no name, no token, and learns nothing
PREDICTING = ("/predict", "/predict/batch")
EXPLAINING = "/explain"
ALWAYS = (  # said with every answer
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
)


class Gate:
    """Refuses before a byte of the body is read, and counts every answer."""

    def __init__(self, app: ASGIApp, service: Service, access: Access, metrics: Metrics) -> None:
        self.app = app
        self.service = service
        self.access = access
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.metrics.answered(scope["path"], message["status"])
                message["headers"] = [*message["headers"], *ALWAYS]
            await send(message)

        try:
            self._require(scope)
        except Refused as refused:
            if refused.code == "wrong_token":
                await asyncio.sleep(self.service.limits.wrong_token_seconds)
            await refusal(refused)(scope, receive, answer)
        else:
            await self.app(scope, receive, answer)

    def _require(self, scope: Scope) -> None:
        if scope["path"] in PROBES:
            return
        self.access.require(scope["headers"])
        if scope["path"] in PREDICTING and scope["method"] == "POST":
            self.service.require_room()
        if scope["path"] == EXPLAINING and scope["method"] == "POST":
            self.service.require_turn()


def refusal(refused: Refused) -> Response:
    """A no as an answer."""
    return problem(refused.status, refused.code, refused.reason, refused.headers)


def problem(status: int, code: str, reason: str, headers: dict[str, str] | None = None) -> Response:
    """Why there is no answer, as JSON."""
    content = Problem(code=code, reason=reason).model_dump_json()
    return Response(content, status, headers, "application/json")
