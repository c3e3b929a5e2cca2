"""The routes, as OpenAPI documents them."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from sureshot.serving.access import Access
from sureshot.serving.answers import Answer, BatchAnswer, Explanation, Judged, Model, Problem
from sureshot.serving.bodies import MULTIPART, Buffers, body_of, images_of, require_raw
from sureshot.serving.decoders import Bytes
from sureshot.serving.gate import EXPLAINING, PREDICTING, PROBES, Gate, problem, refusal
from sureshot.serving.metrics import Metrics
from sureshot.serving.refusals import UNREADABLE, Refused
from sureshot.serving.service import Service

JSON = "application/json"
BINARY = {"type": "string", "format": "binary"}
PARTS = {"type": "object", "properties": {"image": {"type": "array", "items": BINARY}}}
ONE = {"requestBody": {"required": True, "content": {"image/*": {"schema": BINARY}}}}
SEVERAL = {"requestBody": {"required": True, "content": {MULTIPART: {"schema": PARTS}}}}
NO: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 403, 408, 411, 413, 415, 503)
}


@dataclass(frozen=True, eq=False)
class Routes:
    """What each route answers."""

    service: Service
    metrics: Metrics
    buffers: Buffers

    async def predict(self, request: Request) -> Response:
        """What one image shows. The body is the file itself: JPEG, PNG, WebP, BMP or GIF."""
        require_raw(request.headers.get("content-type", ""))
        async with body_of(request, self.service.limits, self.buffers) as body:
            (found,), ms = await self._predicted(request, [body])
        if isinstance(found, Problem):
            return problem(UNREADABLE, found.code, found.reason)
        answer = Answer(**found.model_dump(), model=self.service.served.sha256, ms=ms)
        return Response(answer.model_dump_json(by_alias=True), media_type=JSON)

    async def predict_batch(self, request: Request) -> Response:
        """What several images show, one part of the form each; the answers keep their order."""
        kind, limits = request.headers.get("content-type", ""), self.service.limits
        async with body_of(request, limits, self.buffers) as body:
            images = images_of(body, kind, limits.most_images)
            found, ms = await self._predicted(request, images)
        answer = BatchAnswer(answers=tuple(found), model=self.service.served.sha256, ms=ms)
        return Response(answer.model_dump_json(by_alias=True), media_type=JSON)

    async def explain(self, request: Request) -> Response:
        """Where on an image what spoke for its class was found. The body is as of /predict.

        It asks the network about 170 times, so one image is explained at a time.
        """
        require_raw(request.headers.get("content-type", ""))
        async with body_of(request, self.service.limits, self.buffers) as body:
            started = time.perf_counter()
            found = await self.service.explain(body, request.is_disconnected)
            ms = round(1000 * (time.perf_counter() - started), 2)
        if isinstance(found, Problem):
            return problem(UNREADABLE, found.code, found.reason)
        answer = Explanation(**found.model_dump(), model=self.service.served.sha256, ms=ms)
        return Response(answer.model_dump_json(by_alias=True), media_type=JSON)

    async def model(self) -> Model:
        """What is served, and within which limits."""
        return self.service.served.told(self.service.limits)

    async def livez(self) -> Response:
        """200 as long as the server runs."""
        return PlainTextResponse("alive")

    async def readyz(self) -> Response:
        """200 where it can answer; 503 while it stops, or where no decoder runs."""
        ready = not self.service.stopping and self.service.decoders.alive > 0
        return PlainTextResponse("ready" if ready else "not ready", 200 if ready else 503)

    async def counts(self) -> Response:
        """Counts and times for Prometheus."""
        service = self.service
        gauges = {
            "images_under_way": service.under_way,
            "images_under_way_limit": service.limits.queue,
            "body_bytes": self.buffers.held,
            "decoders": service.decoders.alive,
        }
        counters = {
            "batches_total": service.batches.run,
            "decoders_replaced_total": service.decoders.replaced,
        }
        return PlainTextResponse(self.metrics.text(gauges, counters))

    async def _predicted(
        self, request: Request, images: Sequence[Bytes]
    ) -> tuple[list[Judged | Problem], float]:
        """The answers, and the milliseconds that they took."""
        started = time.perf_counter()
        found = await self.service.predict(images, request.is_disconnected)
        seconds = time.perf_counter() - started
        self.metrics.took(seconds)
        self.metrics.images += Counter(
            one.decision if isinstance(one, Judged) else one.code for one in found
        )
        return found, round(1000 * seconds, 2)


def build(service: Service, access: Access) -> Gate:
    """The whole application. Its interactive documentation is there on loopback only."""
    metrics = Metrics(("/model", "/metrics", EXPLAINING, *PREDICTING, *PROBES))
    routes = Routes(service, metrics, Buffers(service.limits.most_buffered))
    app = FastAPI(
        title="Sureshot",
        description="What an image shows, how sure that is, and what to do with it.",
        version=version("sureshot"),
        docs_url="/docs" if access.local else None,
        redoc_url=None,
    )
    one, several = PREDICTING
    said: dict[int | str, dict[str, Any]] = {200: {"model": Answer}, 422: {"model": Problem}}
    app.post(one, openapi_extra=ONE, responses=NO | said)(routes.predict)
    said = {200: {"model": BatchAnswer}}
    app.post(several, openapi_extra=SEVERAL, responses=NO | said)(routes.predict_batch)
    said = {200: {"model": Explanation}, 422: {"model": Problem}}
    app.post(EXPLAINING, openapi_extra=ONE, responses=NO | said)(routes.explain)
    app.get("/model")(routes.model)
    app.get("/livez", response_class=PlainTextResponse)(routes.livez)
    app.get("/readyz", response_class=PlainTextResponse)(routes.readyz)
    app.get("/metrics", response_class=PlainTextResponse)(routes.counts)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(ClientDisconnect, _gone)
    return Gate(app, service, access, metrics)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error)


async def _unknown(_: Request, error: Exception) -> Response:
    """What Starlette says no to: a path or a method that there is not."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "wrong_method"}.get(error.status_code, "bad_request")
    headers = dict(error.headers or {})
    return problem(error.status_code, code, HTTPStatus(error.status_code).phrase, headers)


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody reads it any more."""
    return Response(status_code=400)
