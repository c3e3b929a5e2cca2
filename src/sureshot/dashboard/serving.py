"""How the dashboard is started: Streamlit inside this process, behind the guard.

Everything that Streamlit reads from its own settings is set here, so that no file in a user's
folder can open what we close.
"""

import os
import socket
import sys
import webbrowser
from importlib.util import find_spec
from pathlib import Path

from sureshot.dashboard.guard import MEGABYTES, SHORTEST, Guard, is_local
from sureshot.errors import MissingExtra, UsageError

FOLDER, WRITE, TOKEN = "SURESHOT_FOLDER", "SURESHOT_WRITE", "SURESHOT_TOKEN"
SETTINGS: dict[str, str | int | bool] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",  # errors of ours are sentences; tracebacks go to the log
    "client.toolbarMode": "minimal",
    "logger.level": "warning",
    "runner.magicEnabled": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": MEGABYTES,
    "theme.font": "sans-serif",
    "theme.light.primaryColor": "#0072b2",
    "theme.light.backgroundColor": "#fbfbfa",
    "theme.light.secondaryBackgroundColor": "#eff1f4",
    "theme.light.textColor": "#1f2328",
    "theme.dark.primaryColor": "#4ba3dc",
    "theme.dark.backgroundColor": "#16181b",
    "theme.dark.secondaryBackgroundColor": "#1e2125",
    "theme.dark.textColor": "#e8eaed",
}


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8501,
    browser: bool = True,
    token_file: Path | None = None,
    write: bool = False,
) -> None:
    """Serve a folder of runs and studies until somebody stops it.

    UsageError where the folder or the port cannot be had, or where a host that others can reach
    has no token; MissingExtra without Streamlit or Plotly.
    """
    require_installed()
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; name one that holds runs or studies")
    token = token_of(token_file)
    if not is_local(host) and not token:
        raise UsageError(
            f"whoever can reach {host} could look at everything here, so a token is needed, and "
            f"there is none; put one into a file (openssl rand -base64 24 > token) and add "
            f"--token-file token, or set {TOKEN}"
        )
    with _listening(host, port) as place:
        settle(folder, write)
        address = f"http://{f'[{host}]' if ':' in host else host}:{place.getsockname()[1]}"
        print(f"{folder} is shown at {address}; stop with Ctrl-C", flush=True)
        if browser and _has_screen():
            webbrowser.open(address)
        _run(place, token)


def require_installed() -> None:
    """MissingExtra where Streamlit or Plotly is not there."""
    if find_spec("streamlit") is None or find_spec("plotly") is None:
        raise MissingExtra("dashboard", "the dashboard")


def token_of(file: Path | None) -> str:
    """The token out of a file, or out of the environment; "" where there is none."""
    where = str(file) if file is not None else TOKEN
    try:
        token = (file.read_text("utf-8") if file else os.environ.get(TOKEN, "")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the token in {where} cannot be read: {error}") from None
    if (file is not None or token) and len(token) < SHORTEST:
        raise UsageError(
            f"a token must have at least {SHORTEST} letters, got {len(token)} ({where}); "
            "make one with: openssl rand -base64 24"
        )
    return token


def settle(folder: Path, write: bool) -> None:
    """Set Streamlit's settings, and what its script reads from the environment."""
    from streamlit import config

    config.get_config_options(force_reparse=True, options_from_flags=dict(SETTINGS))
    os.environ[FOLDER] = str(folder.absolute())
    os.environ.pop(WRITE, None)
    if write:
        os.environ[WRITE] = "yes"


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"port {port} of {host} cannot be had ({error}); choose another with --port"
        ) from None


def _has_screen() -> bool:
    """Whether a browser could be seen, as far as one can tell."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform != "linux" or any(os.environ.get(name) for name in screens)


def _run(place: socket.socket, token: str) -> None:
    import uvicorn
    from streamlit.starlette import App

    inside = App(Path(__file__).with_name("app.py"))
    config = uvicorn.Config(
        Guard(inside, token), ws_max_size=MEGABYTES * 2**20, log_level="warning", access_log=False
    )
    uvicorn.Server(config).run(sockets=[place])
