"""Where the network looked: maps of what spoke for its answers, on some images."""

from sureshot import figures
from sureshot.figures.heat import KEPT, heat_in_words, plot_heat, read_attention
from sureshot.report.markup import Html, tag
from sureshot.report.material import Material
from sureshot.report.plates import chart

_EACH = {
    "class activation": "Class activation divides the class's own number before softmax among the "
    "places of the network's last map (Zhou et al., 2016). Where the network passes on only the "
    "largest response of each kind, all of it lies where that response was.",
    "occlusion": "Occlusion covers a window of the picture with its mean colour and asks again: "
    "what lowers the probability was speaking for the class (Zeiler and Fergus, 2014).",
    "Grad-CAM": "Grad-CAM weighs each kind of response by how the class's number changes with it "
    "(Selvaraju et al., 2017).",
}


def attention_part(material: Material) -> list[Html]:
    """The maps that the run has kept, beside the untouched pictures; nothing where it has none."""
    table = read_attention(material.run.folder / KEPT)
    if not table:
        return []
    settings = material.recipe.image.settled()
    shown = figures.pictures(material.index, [one.id for one in table], settings)
    methods = ", ".join(table[0].maps)
    caption = (
        "Orange speaks for the class that was said, blue against it; what is strongest in a map is "
        "darkest, however little that is. Squares are as coarse as the map."
    )
    return [
        tag("h3", "Where it looked"),
        tag("p", *(f"{words} " for method, words in _EACH.items() if method in table[0].maps)),
        tag(
            "p",
            "A map shows what moved the answer, not whether the answer is right. Where it lies "
            "beside the object, the network may have learned the background.",
        ),
        chart(plot_heat(table, shown), f"{heat_in_words(table)}: {methods}", caption),
    ]
