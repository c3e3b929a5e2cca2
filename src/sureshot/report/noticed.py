"""What was noticed about a folder of images, each with the pictures that it is about."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from sureshot import figures
from sureshot.data.families import Numbers, contents, families
from sureshot.figures import Picture
from sureshot.figures.words import plural, visible
from sureshot.recipe import Preprocessing
from sureshot.records import UNKNOWN, Finding, Index
from sureshot.report.markup import Html, details, join, name, paths, section, tag
from sureshot.report.prints import shown_picture

_PICTURES = 12  # of a finding
_INLINE = 3  # paths that are shown without a click, where there are no pictures
_LISTED = 500  # paths that are shown at all
_TOGETHER = ("leak", "copies", "label_conflict")  # findings about images that are alike

Rows = Mapping[str, int]  # readable images by id
Alike = Callable[[bool], Numbers]  # the family of each row, or, for False, its content


def noticed_section(index: Index, findings: Sequence[Finding], settings: Preprocessing) -> Html:
    """Findings, in the order given, each with up to twelve of its images."""
    if not findings:
        said = tag("p", "Nothing was found to be wrong with the images.")
        return section("findings", "What was noticed", said)
    rows = {str(index.id[row]): int(row) for row in index.readable.nonzero()[0]}
    alike = cache(lambda near: families(index) if near else contents(index))
    chosen = [_groups(found, rows, alike) for found in findings]
    wanted = sorted({image for groups in chosen for group in groups for image in group})
    shown = dict(zip(wanted, figures.pictures(index, wanted, settings), strict=True))
    told = [
        _finding(found, groups, index, rows, shown)
        for found, groups in zip(findings, chosen, strict=True)
    ]
    return section("findings", "What was noticed", tag("ul", *told, class_="findings"))


def _groups(found: Finding, rows: Rows, alike: Alike) -> list[list[str]]:
    """The images to show, those of one group together; one by one where nothing is alike."""
    known = [image for image in found.images if image in rows]
    if found.code.removeprefix("near_") not in _TOGETHER:
        return [[image] for image in known[:_PICTURES]]
    family = alike(found.code.startswith("near_"))
    groups: dict[int, list[str]] = defaultdict(list)
    for image in known:
        groups[int(family[rows[image]])].append(image)
    kept, left = [], _PICTURES
    for group in groups.values():
        if left < 2:
            break
        kept.append(group[:left])
        left -= len(kept[-1])
    return kept


def _finding(
    found: Finding,
    groups: list[list[str]],
    index: Index,
    rows: Rows,
    shown: Mapping[str, Picture],
) -> Html:
    badge = tag("span", found.severity, class_=f"badge {found.severity}")
    inside = [badge, tag("span", visible(found.sentence), class_="told")]
    if groups:
        remark = dict(zip(found.images, found.remarks, strict=False))
        sets = (
            tag("li", tag("ul", *(_shot(index, rows[i], shown[i], remark.get(i)) for i in group)))
            for group in groups
        )
        inside.append(tag("ul", *sets, class_="shots"))
    return tag("li", *inside, *_listed(found, sum(map(len, groups))))


def _shot(index: Index, row: int, picture: Picture, remark: str | None) -> Html:
    """One picture, its class, and its split or what there is to say of it."""
    label, image = index.label[row], str(index.id[row])
    said = name(index.classes[label]) if label != UNKNOWN else "no class"
    return tag(
        "li",
        shown_picture(picture, image),
        tag("p", said, class_="what"),
        tag("p", visible(remark or str(index.split[row]) or "no split"), class_="quiet"),
        title=visible(image),
    )


def _listed(found: Finding, pictured: int) -> list[Html]:
    """The paths: a few at once where there are no pictures, the others on a click."""
    if not found.images:
        return []
    if not pictured and len(found.images) <= _INLINE:
        return [paths(found.images)]
    more = len(found.images) - _LISTED
    rest = [tag("p", f"and {more:,} more")] if more > 0 else []
    some = f", {pictured} of them above" if 0 < pictured < len(found.images) else ""
    summary = f"{plural(len(found.images), 'path')}{some}"
    return [details(summary, join([paths(found.images[:_LISTED]), *rest]))]
