"""What a person looks at, in the address and in the controls: both always say the same.

A link such as ?page=performance&run=first opens the same view for a colleague. Whoever follows a
link, or goes back in the browser, finds the controls as the address has them.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import streamlit as st

from sureshot.dashboard import safe
from sureshot.dashboard.dressed import broken, empty, marked, put, wrong
from sureshot.dashboard.shelf import Choice, Shelf, ShelvedRun, ShelvedStudy
from sureshot.report.markup import name, tag

REVIEW = "review"  # a page that is there where images were sorted
PAGES = {
    "summary": "Summary",
    "data": "Data",
    "performance": "Performance",
    "classifier": "Classifier",
    "hypotheses": "Hypotheses",
    "live": "Live",
    REVIEW: "Review",
}
ALONE = ("hypotheses", "live", REVIEW)  # pages about something else than the run chosen
LINKED = ("page", "study", "run")  # what a link says first; pages add what they like
ALL = ""  # the choice of no study


def choose(shelf: Shelf) -> Choice:
    """Draw the controls, and say what they stand on."""
    query = {key: str(value) for key, value in st.query_params.items()}
    _follow(shelf, query)
    pages = [page for page in PAGES if page != REVIEW or shelf.filled]
    page = one_of("Page", pages, key="page", words=PAGES)
    with st.sidebar:
        study = _study(shelf)
        run = _run(shelf, study)
        _broken(shelf)
    if run is not None and page not in ALONE:  # where controls are folded away
        put(tag("p", "Run ", name(run.name), class_="kicker phone"))
    if study is None and run is not None:
        study = shelf.study(run.study)
    rest = {key: value for key, value in query.items() if key not in LINKED}
    choice = Choice(page, run, study, MappingProxyType(rest))
    _link(choice, query)
    return choice


def part(choice: Choice, parts: Mapping[str, str]) -> str:
    """Which part of a page, as a link has it (`part=…`, the first without) and a person says."""
    key, first = f"part of {choice.page}", next(iter(parts))
    linked = st.query_params.get("part", first)
    if linked in parts and linked != st.session_state.get("linked part"):
        st.session_state[key] = linked  # a link was followed, or somebody went back
    chosen = one_of("Part", tuple(parts), key=key, words=parts)
    st.session_state["linked part"] = chosen
    if chosen != linked and chosen == first:
        del st.query_params["part"]
    elif chosen != linked:
        st.query_params["part"] = chosen
    return chosen


def one_of(label: str, options: Sequence[str], key: str, words: Mapping[str, str]) -> str:
    """A row of buttons of which one is always pressed."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    kept = f"{key} before"
    st.session_state[kept] = st.session_state[key]

    def keep() -> None:  # a second click on the same button would leave none pressed
        st.session_state[key] = st.session_state[key] or st.session_state[kept]

    st.segmented_control(
        label,
        options,
        format_func=lambda option: words[option],
        key=key,
        label_visibility="collapsed",
        on_change=keep,
    )
    return str(st.session_state[key])


def _follow(shelf: Shelf, query: Mapping[str, str]) -> None:
    """Where the address is another one than we wrote, put the controls as it says."""
    linked = {key: query.get(key, "") for key in LINKED}
    if linked == st.session_state.get("linked"):
        return
    st.session_state["linked"] = linked
    if linked["page"] in PAGES:
        st.session_state["page"] = linked["page"]
    run, study = shelf.run(linked["run"]), shelf.study(linked["study"])
    st.session_state["study"] = study.name if study else ALL
    if run is not None:
        st.session_state["run"] = run.name
    st.session_state.pop("astray at", None)
    st.session_state["astray"] = [
        f"The link names the {key} {safe.plain(linked[key])!r}, which is not in this folder."
        for key, found in (("run", run), ("study", study))
        if linked[key] and found is None
    ]


def _link(choice: Choice, query: Mapping[str, str]) -> None:
    """Write what is chosen into the address; other words of a page leave with it."""
    wanted = {"page": choice.page}
    wanted |= {"study": choice.study.name} if choice.study is not None else {}
    wanted |= {"run": choice.run.name} if choice.run is not None else {}
    _say_astray(wanted)
    before = {key: query[key] for key in LINKED if key in query}
    if wanted != before:
        same = query.get("page", choice.page) == choice.page
        st.query_params.from_dict({**(choice.query if same else {}), **wanted})
    st.session_state["linked"] = {key: wanted.get(key, "") for key in LINKED}


def _say_astray(wanted: Mapping[str, str]) -> None:
    """What a link named in vain, until somebody chooses something else."""
    if st.session_state.setdefault("astray at", wanted) != wanted:
        st.session_state["astray"] = []
    for sentence in st.session_state.get("astray", ()):
        wrong(sentence)


def _study(shelf: Shelf) -> ShelvedStudy | None:
    """The study whose runs are listed; None for all runs."""
    if not shelf.studies:
        return None
    names = (ALL, *(study.name for study in shelf.studies))
    if st.session_state.get("study") not in names:
        st.session_state["study"] = ALL
    st.selectbox("Study", names, format_func=lambda n: safe.plain(n) or "all runs", key="study")
    return shelf.study(st.session_state["study"])


def _run(shelf: Shelf, study: ShelvedStudy | None) -> ShelvedRun | None:
    """The run that pages are about: the newest complete one, until somebody chooses."""
    runs = [run for run in shelf.runs if study is None or run.study == study.name]
    if not runs:
        return None
    names = {run.name: run for run in runs}
    if st.session_state.get("run") not in names:
        whole = [run.name for run in runs if run.state == "complete"]
        st.session_state["run"] = (whole or list(names))[0]
    within = f"{study.name}/runs/" if study is not None else ""
    st.selectbox("Run", list(names), format_func=lambda n: marked(names[n], within), key="run")
    return names[st.session_state["run"]]


def _broken(shelf: Shelf) -> None:
    """What cannot be read, listed apart with its reasons."""
    listed = broken(shelf)
    if listed:
        put(tag("h4", "Broken"), listed)


def nothing(shelf: Shelf) -> bool:
    """Whether there is nothing to show; then the page says what to do."""
    if shelf.runs or shelf.studies or shelf.filled:
        return False
    empty(
        "There are no runs and no studies here yet.",
        "Train a first classifier on a folder of images, and look again.",
        "sureshot train FOLDER",
    )
    return True
