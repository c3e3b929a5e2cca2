"""A network of the user's as one of our networks."""

from torch import nn

from sureshot.errors import UsageError
from sureshot.models.network import Network
from sureshot.own import whole
from sureshot.recipe import NetworkSettings, Preprocessing, own_function, public_name
from sureshot.seeds import derive
from sureshot.views import views


def own_network(
    name: str, image: Preprocessing, classes: int, seed: int, settings: NetworkSettings
) -> Network:
    """All of it in the trunk, its first weights drawn from the seed.

    Raises UsageError where a setting would do nothing or the contract is broken, RunError where
    the file was changed.
    """
    for key in ("dropout", "batch_norm", "widths"):
        if getattr(settings, key) != getattr(NetworkSettings(), key):
            raise UsageError(
                f"network.{key} would do nothing: {public_name(name)} is taken as it is made"
            )
    trunk = whole(own_function(name), classes, image.size, image.channels, derive("weights", seed))
    network = Network(trunk, nn.Identity(), nn.Identity())  # type: ignore[arg-type]  # not called
    if settings.standardise:
        network.standardise(image.channels)
    network.views = views(settings.tta_flip is True, settings.tta_shift)
    return network
