"""What deploy/ starts is a command that there is."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from sureshot.cli.commands import app

DEPLOY = Path(__file__).parent.parent.parent / "deploy"


@pytest.mark.parametrize(
    ("name", "start"), [("Dockerfile", "ENTRYPOINT"), ("sureshot-serve.service", "ExecStart=")]
)
def test_a_service_is_started_with_options_that_there_are(name: str, start: str) -> None:
    text = (DEPLOY / name).read_text("utf-8").replace("\\\n", " ")
    (command,) = (line for line in text.split("\n") if line.startswith(start))
    serve = get_command(app).commands["serve"]
    known = {option for parameter in serve.params for option in parameter.opts}
    given = set(re.findall(r"--[a-z-]+", command))
    assert {"--host", "--token-file"} <= given <= known
