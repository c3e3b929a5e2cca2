"""What was trained and on what: the network as a diagram and a table, and augmented images."""

from sureshot import figures
from sureshot.figures.words import plural
from sureshot.recipe import public_name
from sureshot.report.markup import Html, details, join, table, tag
from sureshot.report.material import Material
from sureshot.report.plates import drawn


def network_part(material: Material) -> list[Html]:
    """The diagram, and below it every layer as a row."""
    layers, model = material.layers, public_name(material.recipe.model)
    total = sum(layer.parameters for layer in layers)
    trained = figures.trained_in_words(layers)
    alt = (
        f"The network {model}: {plural(len(layers), 'layer')}, "
        f"{plural(total, 'parameter')}, {trained}; the table below has every layer"
    )
    caption = (
        "From left to right what the network makes of an image. Each block is what a layer gives: "
        "a stack of maps, or a column of numbers. What is thin has few parameters or none."
    )
    rows = [
        (
            join([tag("code", layer.name), " ", tag("span", f"({layer.kind})", class_="quiet")]),
            layer.detail or "–",
            figures.shape_in_words(layer),
            f"{layer.parameters:,}",
        )
        for layer in layers
    ]
    trainable = sum(layer.trainable for layer in layers)
    sums = (
        ("total", total),
        ("trainable", trainable),
        ("non-trainable", total - trainable),
    )
    rows += [(tag("b", name), "", "", tag("b", f"{count:,}")) for name, count in sums]
    header = ("layer (kind)", "settings", "output shape", "parameters")
    listed = table(header, rows, "Layers of the network")
    return [
        tag("h3", "The network"),
        drawn(material.run, "network", alt, caption, least=1.0),
        details("The layers as a table", tag("div", listed, class_="layers")),
    ]


def augmentation_part(material: Material) -> list[Html]:
    """Training images as they are and as training may see them, where they were augmented."""
    settings = material.recipe.augment
    if material.augmented is None or not settings.wanted:
        return []
    words = figures.augmentation_in_words(settings)
    images, columns = material.augmented.shape[:2]
    alt = f"{plural(images, 'training image')}, each as it is and {columns - 1} times augmented"
    caption = "Drawn by chance; training draws anew for every image in every epoch."
    return [
        tag("h3", "Augmentation"),
        tag("p", f"Each time that training shows an image, it is changed by chance: {words}."),
        tag(
            "p",
            "Validation and test images are never augmented. The class of each picture here must "
            "still be right to a person's eye; where it is not, switch off what spoils it.",
        ),
        drawn(material.run, figures.AUGMENTATION, alt, caption),
    ]
