"""What curves can show: each a function that gives its sentence, or "" where there is nothing.

Losses jump from epoch to epoch by chance, so medians are compared instead of single epochs, and a
change counts only where it stands clear of the noise. All thresholds are assumed, and tried on
made-up curves in `tests/figures`.
"""

import numpy as np

from sureshot.figures.tables import Curves
from sureshot.figures.trends import Trend
from sureshot.figures.words import percent, plural

RISE = 0.05  # of the least validation loss: how far it must rise to say "by heart" …
RISE_LEAST = 0.01  # … and in the loss's own unit: a smaller rise matters to nobody
CLEAR = 4.0  # standard deviations of the noise: a smaller move may be chance
FALL = 0.05  # of training loss: how far it must fall on while validation loss rises …
FALL_ON = 0.15  # … and over the last third, where validation loss …
SHARED = 0.33  # … falls by less than this share of it
IMPROVING = 0.03  # of all that the loss fell, from one sixth of the training to the next …
IMPROVING_LEVEL = 0.01  # … and of the loss itself
FLAT = 0.02  # of all that a loss fell, over the last third: less is no movement
JUMP = 0.1  # of all that the loss fell: a peak as high is a jump …
JUMP_LEVEL = 0.03  # … if it is this share of the loss itself
JUMPS = 1 / 8  # of all epochs: from here on, and from two jumps on, the loss is bumpy
HARDLY = 0.02  # of all images: a smaller gain in training accuracy is hardly any …
HARDLY_LOSS = 0.05  # … if the loss fell by a smaller share than this …
LOW = 0.5  # … or accuracy is below this; losses with L2 in them fall without anything being learned
GOOD = 0.9  # accuracy above which a network has learned something in its first epoch
ROOM = 0.9  # accuracy above which curves that stand are no reason to worry
ASTRAY = 0.2  # of the least training loss: how far it must rise to say that training went astray
LOWERED = 0.7  # of the rate before: from here down the rate was lowered

_AGAINST = (
    "Try augmentation (augment.rotation = 10, or augment.flip = true where a mirrored image keeps "
    "its class), a network with dropout or L2, or more images"
)


def astray(curves: Curves, train: Trend) -> str:
    """Training loss rose in the end: the steps are too large."""
    after = len(train.loss) - int(train.smooth.argmin()) - 1
    k = max(2, after // 2)
    least, end = float(train.smooth.min()), train.median(-k)
    lost = (
        after >= k and np.median(curves.train_accuracy[-k:]) < curves.train_accuracy.max() - HARDLY
    )
    if not lost or end - least < max(ASTRAY * least, CLEAR * train.noise):
        return ""
    return (
        f"Training went astray: after epoch {_least(curves, train)} training loss itself rose, "
        f"from {told(least)} to {told(end)}. The steps are too large: try an optimizer.rate ten "
        "times lower, or optimizer.clip = 1."
    )


def hardly(curves: Curves, train: Trend) -> str:
    """Nothing was gained on the training images after the first epoch."""
    k = max(2, len(train.loss) // 3)
    before, after = float(curves.train_accuracy[0]), float(np.median(curves.train_accuracy[-k:]))
    fell = train.loss[0] - train.median(-k)
    if after - before >= HARDLY or after >= GOOD:
        return ""
    if fell >= HARDLY_LOSS * train.loss[0] and after >= LOW:
        return ""
    return (
        f"The network has learned hardly anything since its first epoch: training accuracy was "
        f"{percent(before)} then and {percent(after)} at the end. The learning rate is probably "
        "far too high or too low: try an optimizer.rate ten times lower, then ten times higher."
    )


def by_heart(curves: Curves, train: Trend, watched: Trend) -> str:
    """Validation loss rose clearly while training loss went on falling."""
    turn = int(watched.smooth.argmin())
    after = len(watched.loss) - turn - 1
    if watched is train or after < 3:
        return ""
    k = max(2, after // 3)
    low, end = float(watched.smooth[turn]), watched.median(-k)
    seen, now = float(train.smooth[turn]), train.median(-k)
    clear = max(RISE * low, RISE_LEAST, CLEAR * watched.noise)
    if end - low < clear or watched.moved(after + 1) <= 0 or now > (1 - FALL) * seen:
        return ""
    return (
        f"From about epoch {curves.epoch[turn]} on the network learned its training images by "
        f"heart: validation loss rose from {told(low)} to {told(end)}, while training loss fell "
        f"on from {told(seen)} to {told(now)}. {_AGAINST}. Fewer epochs would have done: "
        f"epoch {curves.chosen} was kept, and early_stop.patience = 5 ends a training soon after."
    )


def alone(curves: Curves, train: Trend, watched: Trend) -> str:
    """Validation loss stood still while training loss fell on."""
    k = max(4, len(train.loss) // 3)
    fell = -train.moved(k)
    if fell < max(FALL_ON * train.median(-k), CLEAR * train.chance(k)):
        return ""
    if watched is train or watched.chance(k) - watched.moved(k) > SHARED * fell:
        return ""
    if watched.median(-k) < train.median(-k):  # dropout or augmentation make training harder
        return ""
    return (
        f"Over the last {plural(k, 'epoch')}, from epoch {curves.epoch[-k]} on, only the training "
        f"images gained: training loss fell to {told(train.median(-2))}, while validation loss "
        f"stood near {told(watched.median(-k))}. {_AGAINST}."
    )


def improving(curves: Curves, train: Trend, watched: Trend) -> str:
    """The loss was still falling when training ended."""
    k = max(2, round(len(watched.loss) / 6))
    if _still_falls(watched, k):
        span = 2 * k
    elif watched.loss.argmin() >= len(watched.loss) - k and _falls_in_half(watched):
        span = len(watched.loss) // 2
    else:
        return ""
    if train.moved(span) >= 0:
        return ""
    before, end = watched.median(-span, -span + k), watched.median(-k)
    more = f"try more epochs (epochs = {2 * len(watched.loss)})"
    if watched is train:
        more = "more epochs may help, but only validation images can show up to when"
    return (
        f"The network was still improving at the end: {watched.name} fell from {told(before)} to "
        f"{told(end)} over the last {plural(span, 'epoch')}; {more}."
    )


def _still_falls(watched: Trend, k: int) -> bool:
    """Whether the last `k` epochs are clearly below the `k` before them."""
    before, end = watched.median(-2 * k, -k), watched.median(-k)
    chance = CLEAR * watched.noise / float(np.sqrt(k))
    return before - end >= max(IMPROVING * watched.fallen, IMPROVING_LEVEL * end, chance)


def _falls_in_half(watched: Trend) -> bool:
    """Whether the slope of the second half is clear, where single epochs are too noisy."""
    half = max(4, len(watched.loss) // 2)
    least = max(IMPROVING * watched.fallen, CLEAR * watched.chance(half))
    return -watched.moved(half) >= max(least, IMPROVING_LEVEL * watched.median(-2))


def bumpy(watched: Trend) -> str:
    """The loss jumps between epochs by a large share of what it fell in all."""
    height = max(JUMP * watched.fallen, JUMP_LEVEL * float(np.median(watched.loss)))
    places = watched.peaks(height)
    late = [place for place in places if 2 * place >= len(watched.loss)]
    if len(places) < max(2, JUMPS * len(watched.loss)) or not late:
        return ""
    return (
        f"{watched.name.capitalize()} is bumpy: at {plural(len(places), 'epoch')} it jumped by at "
        f"least {told(height)}, while it fell by {told(watched.fallen)} in all. Try a lower "
        'optimizer.rate, a larger batch, or schedule.name = "cosine" or "plateau".'
    )


def standing(curves: Curves, train: Trend, watched: Trend) -> str:
    """Nothing moved for the last third, and there was room to improve."""
    k = max(4, len(train.loss) // 3)
    accuracy = curves.validation_accuracy if curves.validated else curves.train_accuracy
    still = all(
        abs(t.moved(k)) <= max(FLAT * t.fallen, 1.5 * t.chance(k)) for t in (train, watched)
    )
    if not still or np.median(accuracy[-k:]) >= ROOM or len(train.loss) < 2 * k:
        return ""
    lowered = curves.rate[-1] < LOWERED * curves.rate.max()
    first = "" if lowered else 'schedule.name = "plateau", which lowers the learning rate, '
    return (
        f"Nothing has moved since about epoch {curves.epoch[-k]}: {watched.name} stood near "
        f"{told(watched.median(-k))}. More epochs of the same will not help; try "
        f"{first}another network (model), or more images."
    )


def _least(curves: Curves, trend: Trend) -> int:
    return int(curves.epoch[int(trend.smooth.argmin())])


def told(loss: float) -> str:
    """A loss for people: two or three digits."""
    return f"{loss:.2f}" if abs(loss) >= 0.095 else f"{loss:.2g}"
