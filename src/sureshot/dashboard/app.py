"""The script that Streamlit runs for every view: what is chosen, and the page that shows it.

Started by `sureshot dashboard`, which sets SURESHOT_FOLDER, and SURESHOT_WRITE where people may
judge. One page that fails says so in a sentence; the others stay.
"""

import logging
import os
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import streamlit as st
from PIL import Image, ImageDraw

from sureshot.dashboard.choosing import choose, nothing
from sureshot.dashboard.dressed import dress, wrong
from sureshot.dashboard.serving import FOLDER, WRITE
from sureshot.dashboard.shelf import Shelf, find
from sureshot.errors import SureshotError

SIDEBAR = 330  # pixels: a run's name and its number on one line; assumed
FRESH = 2.0  # seconds that a listing of the folder is shown before it is listed again; assumed


def main() -> None:
    """Draw one view."""
    st.set_page_config("Sureshot", _icon(), layout="wide", initial_sidebar_state=SIDEBAR)
    dress()
    try:
        shelf = _shelf(os.environ.get(FOLDER, "."), WRITE in os.environ)
        if not nothing(shelf):
            choice = choose(shelf)
            import_module(f"sureshot.dashboard.{choice.page}").show(shelf, choice)
    except SureshotError as error:
        wrong(str(error))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        logging.getLogger(__name__).exception("a page failed")
        wrong(
            f"This page cannot be shown: {type(error).__name__}: {error}. Is a file of the run "
            "damaged? sureshot check says which."
        )


@lru_cache(maxsize=1)
def _icon() -> Image.Image:
    """A target; drawn here, because Streamlit fetches its own icons from elsewhere."""
    icon = Image.new("RGBA", (64, 64))
    for edge, colour in ((2, "#0072b2"), (14, "white"), (24, "#0072b2")):
        ImageDraw.Draw(icon).ellipse((edge, edge, 63 - edge, 63 - edge), colour)
    return icon


@st.cache_resource(ttl=FRESH, show_spinner=False)
def _shelf(folder: str, writable: bool) -> Shelf:
    return find(Path(folder), writable)


if __name__ == "__main__":
    main()
