"""Claims against what was found: every verdict, corrected for how many claims there are.

The claims that were on record before the first run are judged among themselves, whatever became of
the file since. A claim that was edited or added later, or whose recipes or seeds were, is marked:
it was chosen by somebody who could know the answer. Those that were added are corrected for all.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sureshot.comparison import Asked, Contest, Number, Verdict, flips, measured, number
from sureshot.comparison.numbers import OTHERS
from sureshot.comparison.verdicts import Outcome, Written
from sureshot.measure.crossed import Over
from sureshot.measure.deciding import Bounds, decide, p_value
from sureshot.measure.estimates import Measured, Unknown
from sureshot.measure.more import more
from sureshot.measure.paired import mcnemar
from sureshot.measure.several import Corrected, holm
from sureshot.studies.changes import Changes, changes
from sureshot.studies.claims import Claim
from sureshot.studies.folder import StudyFolder, claim_hash
from sureshot.studies.judged import Judgement, read_judged


@dataclass(frozen=True)
class Told:
    """A claim under the name that its verdict has."""

    name: str
    claim: Claim
    recipes: frozenset[str]  # that it is about
    written: Written
    changed: str = ""  # of its recipes and their seeds, since it was put on record


def judge(
    folder: StudyFolder, contest: Contest, judged: Mapping[str, Judgement] | None = None
) -> list[Verdict]:
    """The verdict of every claim that was ever in the study, the original ones first.

    `judged` is what people say of those that are judged by hand, by default what they have written.
    """
    told = claims_of(folder, changes(folder, contest))
    by_hand = read_judged(folder, labels_by_hand(folder)) if judged is None else judged
    added = {name for name, claim in _added(folder).items() if claim.score}
    scored = [one for one in told if one.claim.score]
    first = [one for one in scored if one.name not in added]
    late = [one for one in scored if one.name in added]
    found = _judged(contest, first, first) | _judged(contest, scored, late)
    return [found.get(one.name) or _by_hand(folder, one, by_hand.get(one.name)) for one in told]


def labels_by_hand(folder: StudyFolder) -> list[str]:
    """The claims that people judge, as verdicts name them."""
    both = {**folder.original.claims, **_added(folder)}
    return [name for name, claim in both.items() if claim.judged_by]


def claims_of(folder: StudyFolder, changed: Changes) -> list[Told]:
    """The claims on record, then those of the file as it is now where they are others."""
    original, current = folder.original, folder.current
    hashes: Mapping[str, str] = folder.record["hashes"]["claims"]
    told = []
    for name, claim in original.claims.items():
        recipes = claim.named(original.names)
        why = changed.of(recipes, claim.of_models)
        written: Written = "before"
        if current.claims.get(name) != claim:
            written = "changed since" if name in current.claims else "removed since"
        if why or hashes.get(name) != claim_hash(claim):  # somebody changed the record itself
            written = "after"
        told.append(Told(name, claim, recipes, written, why))
    for name, claim in _added(folder).items():
        told.append(Told(name, claim, claim.named(current.names), "after"))
    return told


def _added(folder: StudyFolder) -> dict[str, Claim]:
    """The claims that are not as they were on record, under names of their own."""
    original, current = folder.original.claims, folder.current.claims
    return {
        f"{name}, edited" if name in original else name: claim
        for name, claim in current.items()
        if original.get(name) != claim
    }


def _judged(contest: Contest, family: Sequence[Told], wanted: Sequence[Told]) -> dict[str, Verdict]:
    """The verdicts of some claims by name, corrected together with their family.

    One that could not be measured counts in the family all the same: leaving it out would make
    the others easier.
    """
    found = [measured_of(contest, one.claim, one.recipes) for one in family]
    corrected = holm(
        [p_value(what, bounds_of(one.claim)) for one, what in zip(family, found, strict=True)]
    )
    return {
        one.name: _verdict(contest, one, what, right)
        for one, what, right in zip(family, found, corrected, strict=True)
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


def field_of(contest: Contest, claim: Claim, recipes: frozenset[str]) -> Contest:
    """Only the contenders that a claim is about, and only their first models where it is so."""
    own = tuple(one for one in contest.contenders if one.name in recipes)
    field = replace(contest, contenders=own)
    return field.first_seeds if claim.of_models else field


def measured_of(contest: Contest, claim: Claim, recipes: frozenset[str]) -> Measured:
    """What is known of a claim's number: about recipes, without seeds enough, nothing."""
    untrained = _untrained(contest, recipes)
    if untrained:
        return Unknown(float("nan"), untrained)
    over: Over = "images" if claim.of_models else "images and seeds"
    return measured(field_of(contest, claim, recipes), asked_of(claim), over)


def _untrained(contest: Contest, recipes: frozenset[str]) -> str:
    """Which of some recipes have no complete run, in words; "" where all have one."""
    lacking = sorted(recipes - {one.name for one in contest.contenders})
    have = "has" if len(lacking) == 1 else "have"
    return f"{', '.join(lacking)} {have} no complete run" if lacking else ""


def _verdict(contest: Contest, one: Told, found: Measured, right: Corrected) -> Verdict:
    claimed, untrained = _claimed(one), _untrained(contest, one.recipes)
    if untrained:
        return replace(claimed, sentence=untrained)
    bounds, asked = bounds_of(one.claim), asked_of(one.claim)
    field = field_of(contest, one.claim, one.recipes)
    shown = number(field, asked, found, right.level)
    outcome: Outcome = decide(found.interval(right.level), bounds)
    need = (
        _whole(more(found, bounds, right.level, contest.split).sentence)
        if outcome == "undecided"
        else ""
    )
    verdict = replace(claimed, outcome=outcome, need=need, number=shown, p=right.p)
    paired = _mcnemar(asked, field) if one.claim.of_models else ""
    return replace(verdict, sentence=in_words(verdict, shown, field) + paired)


def _whole(need: str) -> str:
    """What would decide a claim, as a whole sentence."""
    endings = {" would": " decide it", " would decide": " it"}
    rest = next((rest for end, rest in endings.items() if need.endswith(end)), "")
    return f"{need}{rest}, if the score stays where it is" if rest else need


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
        against=_against(claim),
        way=claim.way,
        at_least=claim.at_least,
        at_most=claim.at_most,
        changed=one.changed,
        about=claim.about or "recipes",
    )


def _against(claim: Claim) -> str:
    """The second recipe as verdicts name it: "plain", "others", "each of nn, cnn"."""
    several = isinstance(claim.minus, tuple)
    return f"each of {', '.join(claim.minus or ())}" if several else claim.against or ""


def in_words(verdict: Verdict, shown: Number, field: Contest) -> str:
    """ "74.2 % (72.9 to 75.5 % with 97.5 % confidence), 5 seeds, 10,000 test images"."""
    if not shown.known:
        return f"{verdict.found}; {shown.why}"
    nearest = f" against {shown.nearest}, the nearest," if shown.nearest else ","
    if shown.low == shown.high:
        return f"{verdict.found}{nearest} exactly"
    ends = verdict.interval + shown.confidence
    images = f", {shown.n:,} {field.split} images" if shown.n else ""
    return f"{verdict.found} ({ends}){nearest} {_models(shown, field)}{images}"


def _models(shown: Number, field: Contest) -> str:
    """What a number is about: "5 seeds", or "the models of seed 111"."""
    if shown.recipes:
        return f"{shown.seeds} seeds"
    seeds = sorted({seed for one in field.contenders for seed in one.seeds[:1]})
    models = "models" if len(field.contenders) > 1 else "model"
    return f"the {models} of seed {' and '.join(map(str, seeds))}"


def _mcnemar(asked: Asked, field: Contest) -> str:
    """McNemar's test of two trained models, where a claim is about their accuracies."""
    if asked.score != "accuracy" or asked.way != "difference" or asked.against == OTHERS:
        return ""
    turned = flips(field, asked.of, asked.against or "")
    gained, lost = len(turned.gained), len(turned.lost)
    return (
        f"; alone right on {gained:,} images and alone wrong on {lost:,}, McNemar's exact "
        f"p {mcnemar(gained, lost):.2g}, not corrected"
    )


def _by_hand(folder: StudyFolder, one: Told, judged: Judgement | None) -> Verdict:
    """What a person says of a claim."""
    if judged is None:
        command = shlex.join(["sureshot", "study", "judge", str(folder.path), one.name])
        need = f"a person judges it: {command} VERDICT --reason WHY --who NAME"
        return replace(_claimed(one), sentence="nobody has judged it yet", need=need)
    return replace(
        _claimed(one),
        outcome=judged.verdict,
        sentence=judged.reason.strip(),
        who=judged.who.strip(),
        when=judged.when,
    )
