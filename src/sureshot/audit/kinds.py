"""What is known of images before a network's preset is chosen."""

from sureshot.audit.augmenting import augmentation_findings
from sureshot.data import propose
from sureshot.presets import Known
from sureshot.recipe import Augmentation, Recipe
from sureshot.records import Index


def known(index: Index, recipe: Recipe) -> Known:
    """Size, colours and number of an index's training images, and whether mirroring harms them."""
    found = propose(index, smallest=1)
    image = recipe.image.settle(found.size, found.channels)
    mirrored = recipe.model_copy(update={"augment": Augmentation(flip=True)})
    harm = [found.sentence.partition(";")[0] for found in augmentation_findings(index, mirrored)]
    return Known(image.size, image.channels, len(index.rows("train")), " ".join(harm))
