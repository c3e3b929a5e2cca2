"""Claims against what was found: every verdict, corrected for how many claims there are.

The claims that were on record before the first run are judged among themselves, whatever became of
the file since. A claim that was edited or added later is judged too, corrected for all of them, and
marked: it was written by somebody who could know the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sureshot.comparison import KINDS, OUTCOMES, Asked, Contest, Number, Verdict, measured, number
from sureshot.comparison.verdicts import Outcome, Written
from sureshot.measure.deciding import Bounds, decide, p_value
from sureshot.measure.estimates import Measured
from sureshot.measure.intervals import LEVEL
from sureshot.measure.more import more
from sureshot.measure.planning import POWER, Reach, reach_of_difference, reach_of_share
from sureshot.measure.several import Corrected, holm
from sureshot.studies.claims import Claim
from sureshot.studies.folder import StudyFolder, claim_hash

SHARES = ("accuracy", "recall", "macro_f1")  # of which can be said beforehand what n decides


@dataclass(frozen=True)
class Told:
    """A claim under the name that its verdict has."""

    name: str
    claim: Claim
    written: Written


def judge(folder: StudyFolder, contest: Contest) -> list[Verdict]:
    """The verdict of every claim that was ever in the study, the original ones first."""
    told = claims_of(folder)
    first = [one for one in told if one.written != "after"]
    late = [one for one in told if one.written == "after"]
    judged = _judged(contest, first, first) | _judged(contest, told, late)
    return [judged.get(one.name) or _unscored(one, folder.judged) for one in told]


def claims_of(folder: StudyFolder) -> list[Told]:
    """The claims on record, then those of the file as it is now where they are others."""
    hashes: Mapping[str, str] = folder.record["claims"]
    original, current = folder.original.claims, folder.current.claims
    told = []
    for name, claim in original.items():
        if hashes.get(name) != claim_hash(claim):  # somebody has changed the record itself
            told.append(Told(name, claim, "after"))
        elif name in current and claim_hash(current[name]) == claim_hash(claim):
            told.append(Told(name, claim, "before"))
        else:
            told.append(Told(name, claim, "changed since"))
    for name, claim in current.items():
        if hashes.get(name) != claim_hash(claim) and original.get(name) != claim:
            label = f"{name}, edited" if name in hashes else name
            told.append(Told(label, claim, "after"))
    return told


def _judged(contest: Contest, family: Sequence[Told], wanted: Sequence[Told]) -> dict[str, Verdict]:
    """The verdicts of some claims by name, corrected together with their family."""
    trained = {one.name for one in contest.contenders}
    scored = [one for one in family if one.claim.score and _named(one.claim) <= trained]
    found = [_measured(contest, one.claim) for one in scored]
    p_values = [
        p_value(what, bounds_of(one.claim)) for one, what in zip(scored, found, strict=True)
    ]
    corrected = holm(p_values)
    return {
        one.name: _verdict(contest, one, what, right)
        for one, what, right in zip(scored, found, corrected, strict=True)
        if one in wanted
    }


def bounds_of(claim: Claim) -> Bounds:
    """What a claim says of its number."""
    return Bounds(claim.at_least, claim.at_most)


def asked_of(claim: Claim) -> Asked:
    """The number that a claim is about."""
    assert claim.score
    assert claim.of
    return Asked(claim.score, claim.of, claim.against, claim.way, claim.class_)


def _measured(contest: Contest, claim: Claim) -> Measured:
    """A claim is about recipes: without seeds enough, there is no interval for it."""
    return measured(contest, asked_of(claim), "images and seeds")


def _verdict(contest: Contest, one: Told, found: Measured, right: Corrected) -> Verdict:
    bounds, asked = bounds_of(one.claim), asked_of(one.claim)
    shown = number(contest, asked, found, right.level)
    outcome: Outcome = decide(found.interval(right.level), bounds)
    need = _whole(more(found, bounds, right.level).sentence) if outcome == "undecided" else ""
    return replace(
        _claimed(one),
        outcome=outcome,
        sentence=in_words(asked, shown),
        need=need,
        number=shown,
        p=right.p,
    )


def _whole(need: str) -> str:
    """What would decide a claim, as a whole sentence."""
    endings = {" would": " decide it", " would decide": " it"}
    return next((need + rest for end, rest in endings.items() if need.endswith(end)), need)


def _claimed(one: Told) -> Verdict:
    """What a claim asks, not decided yet."""
    claim = one.claim
    return Verdict(
        claim=one.name,
        says=claim.says,
        outcome="undecided",
        sentence="",
        written=one.written,
        score=claim.score or "",
        class_=claim.class_ or "",
        of=claim.of or "",
        against=claim.against or "",
        way=claim.way,
        at_least=claim.at_least,
        at_most=claim.at_most,
    )


def in_words(asked: Asked, shown: Number) -> str:
    """ "74.2 % (72.9 to 75.5 %), 5 seeds, 10,000 images"."""
    kind = KINDS[asked.score]
    told = kind.told(shown.value, asked.way)
    if not shown.known:
        return f"{told}; {shown.why}"
    if shown.low == shown.high:
        return f"{told}, exactly"
    ends = kind.between(shown.low, shown.high, asked.way)
    images = f", {shown.n:,} images" if shown.n else ""
    return f"{told} ({ends}), {shown.seeds} seeds{images}"


def _named(claim: Claim) -> set[str]:
    return {name for name in (claim.of, claim.against) if name is not None}


def _unscored(one: Told, by_hand: Mapping[str, Mapping[str, str]]) -> Verdict:
    """A verdict without numbers: a person's, or of a recipe that was never trained."""
    if one.claim.score:
        return replace(_claimed(one), sentence="its recipe was never trained")
    judged = by_hand.get(one.name)
    if judged is None:
        need = "a person writes verdict, reason and who into judged.json"
        return replace(_claimed(one), sentence="nobody has judged it yet", need=need)
    outcome = next(word for word in OUTCOMES if word == judged["verdict"])
    who, when, reason = (judged.get(key, "") for key in ("who", "when", "reason"))
    return replace(_claimed(one), outcome=outcome, sentence=reason, who=who, when=when)


def deciding(claims: Mapping[str, Claim], images: Mapping[str, int], seeds: int) -> dict[str, str]:
    """For each claim, before any training, whether the test set can decide it.

    `images` are those to be judged by: in all under "", and of each class under its name.
    """
    scored = sum(claim.score is not None for claim in claims.values())
    level = 1 - (1 - LEVEL) / max(scored, 1)  # the strictest that Holm may ask for
    return {name: _can_decide(claim, images, seeds, level) for name, claim in claims.items()}


def _can_decide(claim: Claim, images: Mapping[str, int], seeds: int, level: float) -> str:
    if not claim.score:
        return "a person judges it"
    kind, n = KINDS[claim.score], images[claim.class_ or ""]
    if claim.score == "parameters":
        return "known exactly once the networks are built"
    if seeds < 2:
        return "it cannot be decided with one seed: how much seeds vary would not be seen"
    if not kind.of_images:
        return f"the test images have no part in it; it stands on {seeds} seeds"
    if claim.score not in SHARES or claim.way == "ratio":
        return f"to be seen when the first runs show how much images and {seeds} seeds vary"
    reach = reach_of_share if claim.way == "value" else reach_of_difference
    return _reached(
        claim, reach(n, bounds_of(claim), seeds, level), f"{n:,} images and {seeds} seeds"
    )


def _reached(claim: Claim, reach: Reach, data: str) -> str:
    """Where the true score must lie for the claim to be decided."""
    kind = KINDS[claim.score or ""]

    def told(value: float) -> str:
        return kind.told(value, claim.way)

    ways = []
    if reach.supported is not None:
        low, high = reach.supported
        inside = f"between {told(low)} and {told(high)}"
        if claim.at_most is None:
            inside = f"{told(low)} or more"
        elif claim.at_least is None:
            inside = f"{told(high)} or less"
        ways.append(f"supported if it is truly {inside}")
    if reach.refuted_below is not None:
        ways.append(f"refuted if it is {told(reach.refuted_below)} or less")
    if reach.refuted_above is not None:
        ways.append(f"refuted if it is {told(reach.refuted_above)} or more")
    if not ways:
        return f"{data} can never decide it; test on more images or train with more seeds"
    if reach.supported is None:
        ways.append("never supported: the range is too narrow for so few")
    return f"with {data}: {', '.join(ways)} ({POWER:.0%} of studies; {reach.assumed})"
