"""The same answers as everywhere else, and nothing but answers."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from asking import IMAGE, OURS, Running, running
from client import Client, Refused

import corpus
from sureshot import workflow
from sureshot.bundle import open_bundle
from sureshot.explaining import explain
from sureshot.images import prepare
from sureshot.progress import Silent
from sureshot.serving.answers import Answer, BatchAnswer, Explanation, Model, Problem


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every mode and format: rotated, transparent, CMYK, 16 bits, TIFF, AVIF; and broken ones."""
    folder = tmp_path_factory.mktemp("files")
    corpus.odd(folder / "odd")
    corpus.opt_in(folder / "rare")
    corpus.broken(folder / "broken")
    every = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in every if 0 < path.stat().st_size <= 1_000_000)


def test_each_file_gives_what_predict_gives(
    files: list[Path], server: Running, model: Path
) -> None:
    wanted = workflow.predict(model, *files, progress=Silent()).to_pandas()
    count = {"ok": 0, "unreadable": 0}
    for path, row in zip(files, wanted.to_dict("records"), strict=True):
        found = server.ask("/predict", path.read_bytes())
        if row["outcome"] == "ok":
            said = Answer.model_validate_json(found.body)
            assert said.class_ == row["prediction"], path.name
            for name, share in said.probabilities.items():
                assert share == pytest.approx(row[f"p_{name}"], abs=1e-6), path.name
            assert said.decision == ("auto" if said.probability >= 0.5001 else "review")
        else:
            problem = Problem.model_validate_json(found.body)
            assert (found.status, problem.code) == (422, row["reason"].partition(":")[0]), path.name
        count[row["outcome"]] += 1
    assert min(count.values()) > 60


def test_an_explanation_is_that_of_the_same_bundle(server: Running, model: Path) -> None:
    bundle = open_bundle(model)
    wanted = explain(bundle, prepare(IMAGE, bundle.preprocessing), "")
    said = Explanation.model_validate_json(server.ask("/explain", IMAGE).body)
    assert (said.class_, said.model) == (
        wanted.name,
        hashlib.sha256(model.read_bytes()).hexdigest(),
    )
    assert said.probability == pytest.approx(wanted.probability, abs=1e-6)
    assert said.maps.keys() == wanted.maps.keys()
    assert "occlusion" in said.maps
    for name, heat in wanted.maps.items():
        np.testing.assert_allclose(said.maps[name], heat, atol=1e-5)


def test_what_is_unlike_the_training_data_is_said(unlike: Path) -> None:
    with running(OURS, "serve", unlike, "--port", "0") as server:
        found = Answer.model_validate_json(server.ask("/predict", IMAGE).body)
    assert found.decision == "unlike"


def test_a_batch_keeps_its_order_and_answers_beside_what_is_broken(server: Running) -> None:
    client = Client(server.url)
    images = [corpus.encode(corpus.smooth(20 + side, 30), "PNG") for side in range(4)]
    alone = [client.predict(image) for image in images]
    found = client.predict_batch([*images[:2], b"<html>", *images[2:]])
    BatchAnswer.model_validate(found)
    assert found["answers"].pop(2)["code"] == "format_not_allowed"
    assert [one["probabilities"] for one in found["answers"]] == [
        one["probabilities"] for one in alone
    ]
    client.connection.close()


def test_the_client_says_why_there_is_no_answer(server: Running) -> None:
    client = Client(server.url)
    with pytest.raises(Refused, match="not_an_image") as caught:
        client.predict(b"no image at all")
    assert caught.value.status == 422
    client.connection.close()


def test_the_model_is_named_by_its_file(server: Running, model: Path) -> None:
    told = Model.model_validate_json(server.ask("/model").body)
    assert told.model == hashlib.sha256(model.read_bytes()).hexdigest()
    assert server.ask("/predict", IMAGE).json["model"] == told.model
    assert told.plan is not None
    assert (told.temperature, told.megabytes, told.images) == (0.5, 1, 16)


def test_openapi_documents_every_route(server: Running) -> None:
    paths = json.loads(server.ask("/openapi.json").body)["paths"]
    assert sorted(paths) == [
        "/explain", "/livez", "/metrics", "/model", "/predict", "/predict/batch", "/readyz",
    ]  # fmt: skip
    answer = paths["/predict"]["post"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["$ref"].endswith("/Answer")
    assert server.ask("/docs").status == 200


def test_metrics_count_what_happened_and_name_nobody(server: Running) -> None:
    def images() -> int:
        text = server.ask("/metrics").body.decode()
        found = (line.split()[-1] for line in text.splitlines() if "images_total{" in line)
        return sum(map(int, found))

    before = images()
    assert server.ask("/predict", IMAGE).status == 200
    assert server.ask("/no/such?secret=1").status == 404
    text = server.ask("/metrics").body.decode()
    assert images() == before + 1
    assert 'sureshot_requests_total{path="other",status="404"}' in text
    assert "secret" not in text
    assert server.count("images_under_way") == server.count("body_bytes") == 0
    assert server.count("seconds_count") > 0
