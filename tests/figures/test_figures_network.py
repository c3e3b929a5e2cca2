"""The diagram of a network: every layer is there, told in words, and nothing is cut off."""

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from test_figures_drawing import whole

from fake_run import layers
from sureshot import figures, models, recipe
from sureshot.figures.diagram import stages
from sureshot.records import Layer

SIZES = {"arch_1": (128, 3), "arch_2": (128, 3), "cifar_cnn": (32, 3)}  # the others: 28, grey


def built(model: str, classes: int = 10) -> tuple[list[Layer], tuple[int, int, int]]:
    size, channels = SIZES.get(model, (28, 1))
    image = recipe.ImageSettings(size=size, channels=channels).settled()
    network = models.build(model, image, classes, 1)
    shape = size, size, channels
    return models.summary(network, shape), shape


def words_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("model", sorted(models.MODELS))
def test_every_network_is_drawn_whole_and_in_words(model: str) -> None:
    told, image = built(model)
    figure = figures.plot_network(told, model, image)
    assert whole(figure)
    assert figure.get_figwidth() <= 8.7  # inches: the report's column
    words = words_of(figure)
    assert words[0] == f"{model}: {sum(layer.parameters for layer in told):,} parameters"
    for layer in told:
        if layer.parameters:
            counts = (f"{layer.parameters:,} parameters", f"{layer.parameters:,} params")
            assert any(count in words for count in counts)
        if len(layer.output) == 3:
            assert figures.shape_in_words(layer) in words
    marked = [layer for layer in told if layer.kind not in ("Conv2D", "Dense")]
    short = ("batch norm", "max pool", "dropout", "flatten", "average pool", "ReLU")
    assert sum(w.startswith(short) for w in words) >= len(marked)
    assert not overlapping(figure)


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of words that lie on one another."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
    return [
        (one, other)
        for number, (one, a) in enumerate(boxes)
        for other, b in boxes[number + 1 :]
        if a.x0 < b.x1 and b.x0 < a.x1 and a.y0 + 1 < b.y1 and b.y0 + 1 < a.y1
    ]


def test_what_overlaps_would_be_noticed() -> None:
    figure = Figure()
    figure.text(0.1, 0.5, "one word")
    figure.text(0.12, 0.5, "another")
    assert overlapping(figure) == [("one word", "another")]


def test_stages_hold_every_layer_in_order() -> None:
    told = layers(7)
    found = stages(told, (128, 128, 3))
    assert [stage.block.kind for stage in found] == ["Image", "Conv2D", "Conv2D", "Dense"]
    assert [layer.name for stage in found for layer in stage.layers] == [
        "image",
        *(layer.name for layer in told),
    ]
    assert found[-1].block.detail == "7 units, one a class"


@pytest.mark.parametrize("blocks", [8, 9, 30])
@pytest.mark.parametrize("channels", [1, 3])
def test_rows_are_wrapped_and_odd_layers_drawn(blocks: int, channels: int) -> None:
    told: list[Layer] = []
    for number in range(blocks):
        shape = 64 >> (number // 4), 64 >> (number // 4), 8 << (number // 4)
        told.append(Layer(f"c{number}", "DepthwiseConv2D", "3×3", shape, 12_345_678, 12_345_600))
        told.append(Layer(f"a{number}", "Add", "", shape, 0, 0))
    told.append(Layer("g", "GlobalAveragePooling2D", "", (told[-1].output[2],), 0, 0))
    told.append(Layer("d", "Dense", "1000 units", (1000,), 99, 99))
    figure = figures.plot_network(told, "a_name_" * 30, (64, 64, channels))
    assert whole(figure)
    assert figures.svg(figure) == figures.svg(figure)
    assert "Add" in words_of(figure)


def test_a_network_of_one_pixel_and_one_unit() -> None:
    told = [Layer("f", "Flatten", "", (1,), 0, 0), Layer("d", "Dense", "1 units", (1,), 2, 2)]
    assert whole(figures.plot_network(told, "tiny", (1, 1, 1)))


def test_what_is_trained_in_words() -> None:
    plain, _ = built("arch_1")
    assert figures.trained_in_words(plain) == "all of them are trained"
    normal, _ = built("arch_2")
    expected = "462,474 are trained, 1,504 are running means and variances of batch normalisation"
    assert figures.trained_in_words(normal) == expected
    frozen = Layer("c", "Conv2D", "1 filter 3×3", (8, 8, 1), 10, 0)
    assert figures.trained_in_words([*plain, frozen]) == "460,970 are trained, 10 stay as they are"


def test_kinds_differ_by_colour_and_by_shape() -> None:
    told, image = built("cifar_cnn")
    patches = figures.plot_network(told, "cifar_cnn", image).axes[0].patches
    assert len({patch.get_edgecolor() for patch in patches}) >= 5
    dashed = [patch for patch in patches if patch.get_linestyle() not in ("solid", "-")]
    assert len(dashed) == 2 * 4  # four dropouts: drawn, and the mark beside their words
