"""Each way of breaking the contract ends in one sentence that says what to do."""

import re
from pathlib import Path

import pytest
import torch

from own_files import FLAT, HEAD, Write
from sureshot.errors import RunError, SureshotError, TrainingError, UsageError
from sureshot.models import Network, build, outline, require_batch, summary
from sureshot.recipe import NetworkSettings, assemble, own_function, plain_name, public_name
from sureshot.training import tried

DOCS = Path(__file__).parent.parent.parent / "docs" / "own_networks.md"
SIZE, CLASSES = 16, 3


def network(model: str, seed: int = 111, **settings: bool) -> Network:
    recipe = assemble(model).settle(SIZE, 3)
    switched = NetworkSettings(**settings)
    return build(recipe.model, recipe.image.settled(), CLASSES, seed, switched)


def module(forward: str, more: str = "pass") -> str:
    """A module with a dense layer `l` and a forward of `x`, as the body of make_model."""
    lines = [
        "class Net(nn.Module):",
        "    def __init__(self):",
        "        super().__init__()",
        "        self.l = nn.Linear(channels * size * size, classes)",
        f"        {more}",
        "    def forward(self, x):",
        *(f"        {line}" for line in forward.splitlines()),
        "return Net()",
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("torch:", r"must be torch:FILE\.py:FUNCTION, such as torch:net\.py:make_model"),
        ("keras:net.py", r"must be keras:FILE\.py:FUNCTION, such as .* got 'keras:net\.py'"),
        ("torch:net.txt:make_model", "got 'torch:net.txt:make_model'"),
        ("torch:net.py:make-model", "got 'torch:net.py:make-model'"),
        ("torch:nowhere.py:make_model", "must name a file that can be read: .*nowhere.py: no such"),
    ],
)
def test_a_name_must_lead_to_a_file(name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        assemble(name)


@pytest.mark.parametrize(
    ("head", "body", "sentence"),
    [
        ("def make_model(:\n", "", r"a file that Python can run, and fails in line 1: SyntaxError"),
        ("import nothing_such\n", "", r"fails in line 1: ModuleNotFoundError: No module named"),
        ("raise SystemExit(2)\n", "", r"fails in line 1: SystemExit: 2$"),
        ("def make(a):\n", "pass", r"must hold a function make_model, and holds make$"),
        ("make_model = 3\n", "", r"must hold a function make_model, and holds none$"),
        ("def make_model(classes):\n", "pass", r"take classes, size and channels, and takes \("),
        (HEAD, "raise ValueError('odd')", r"classes=3, size=16, channels=3, and fails in line 6"),
        (HEAD, "return None", r"must give a torch.nn.Module, got NoneType$"),
        (HEAD, "return nn.Sequential", r"must give a torch.nn.Module, got type$"),
        (HEAD, "return nn.Linear(5, 3)", r"\(3, 3, 16, 16\) in evaluation mode, and fails: "),
        (HEAD, module("return (x,)"), r"one tensor of logits in evaluation mode, got tuple$"),
        (HEAD, "return nn.Flatten()", r"logits of shape \(3, 3\) for 3 images of 3 classes, got "),
        (HEAD, FLAT.join(("return ", "")).replace("classes)", "1)"), r"float32 of shape \(3, 1\)$"),
        (HEAD, module("return self.l(x.flatten(1)).long()"), r"got int64 of shape \(3, 3\)$"),
        (HEAD, module("return self.l(x.flatten(1)) / 0"), r"finite numbers in evaluation mode"),
        (
            HEAD,
            module("return self.l(nn.functional.dropout(x.flatten(1)))"),
            r"the same twice in evaluation mode, and does not; dropout and noise",
        ),
        (
            HEAD,
            module("return self.l(x.flatten(1)) - self.l(x.flatten(1)).mean(0)"),
            r"each image alone in evaluation mode, and the answer changes with the others",
        ),
        (
            HEAD,
            module("return self.l(x.flatten(1)) if not self.training else (x, x)"),
            r"one tensor of logits in training mode, got tuple$",
        ),
        (HEAD, module("return self.l(x.flatten(1)).detach()"), r"something to train, and has none"),
        (
            HEAD,
            module("return self.l(x.flatten(1))", "self.m = nn.Linear(9, 9); "
                   "self.n = nn.Linear(9, 9); self.n.weight = self.m.weight"),
            r"keep each weight once, and m.weight and n.weight are the same$",
        ),
        (
            HEAD,
            module("return self.l(x.flatten(1))", "self.get_extra_state = lambda: 3; "
                   "type(self).get_extra_state = lambda self: 3; "
                   "type(self).set_extra_state = lambda self, state: None"),
            r"keep its state in tensors, and _extra_state is none$",
        ),
    ],
)  # fmt: skip
def test_a_broken_contract_is_one_sentence(
    write: Write, head: str, body: str, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence) as raised:
        network(write(body, head))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("forward", "sentence"),
    [
        ("return self.l(torch.linalg.eigh(x @ x.mT)[1].flatten(1))", "none for aten._linalg_eigh"),
        ("y = self.l(x.flatten(1))\nreturn y if y.sum() > 0 else -y", r"fails in line 13: Guard"),
        (
            "return self.l(x.reshape(len(x), -1))",
            r"any number of images.*must be x.shape\[0\], not",
        ),
    ],
)
def test_what_cannot_be_exported_is_said_before_training(
    write: Write, capfd: pytest.CaptureFixture[str], forward: str, sentence: str
) -> None:
    recipe = assemble(write(module(forward))).settle(SIZE, 3)
    with pytest.raises(TrainingError, match=sentence):
        tried(recipe, CLASSES)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        f"return {FLAT}",
        module("return self.l(x.view(-1, x.shape[1] * x.shape[2] * x.shape[3]))"),
        "return nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(classes))",
        "return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.Flatten(), "
        "nn.Linear(4 * 14 * 14, classes))",
        module(
            "return self.l(x.flatten(1) + self.location) + self.allocation",
            "self.location, self.allocation = (nn.Parameter(torch.zeros(1)) for _ in 'ab')",
        ),
    ],
    ids=["flat", "view", "lazy", "normalised", "location"],
)
def test_what_keeps_it_is_exported_with_the_same_answers(write: Write, body: str) -> None:
    recipe = assemble(write(body)).settle(SIZE, 3)
    said = "make_model in net.py answers in logits, and exports to ONNX with the same answers"
    assert tried(recipe, CLASSES) == said


def test_the_example_in_the_docs_keeps_it(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.S)
    (tmp_path / "net.py").write_text(block)
    recipe = assemble(f"torch:{tmp_path / 'net.py'}:make_model").settle(SIZE, 3)
    assert "exports to ONNX" in tried(recipe, CLASSES)


def test_probabilities_are_seen_and_taken_by_their_logarithm(write: Write) -> None:
    plain = network(write(f"return {FLAT}"))
    soft = network(write(f"return nn.Sequential({FLAT}, nn.Softmax(1))"))
    pixels = torch.randint(0, 256, (5, SIZE, SIZE, 3), dtype=torch.uint8)
    wanted = plain(pixels).logits.softmax(1)
    assert torch.allclose(soft(pixels).logits.softmax(1), wanted, atol=1e-6)
    assert torch.allclose(soft(pixels).logits.exp(), wanted, atol=1e-6)


def test_first_weights_follow_the_seed_alone(write: Write) -> None:
    model = write(
        "import random, numpy\n"
        f"net = {FLAT}\n"
        "net[1].bias.data += random.random() + numpy.random.rand()\n"
        "return net"
    )
    torch.manual_seed(5)
    first, second = network(model).state_dict(), network(model).state_dict()
    other = network(model, seed=112).state_dict()
    assert all(torch.equal(first[name], value) for name, value in second.items())
    assert not any(torch.equal(first[name], value) for name, value in other.items())
    torch.manual_seed(5)
    drawn = torch.rand(3)
    torch.manual_seed(5)
    network(model)
    assert torch.equal(torch.rand(3), drawn)


def test_the_probe_leaves_no_trace_in_weights_and_statistics(write: Write) -> None:
    body = "return nn.Sequential(nn.BatchNorm2d(channels), " + FLAT.removeprefix("nn.Sequential(")
    found = network(write(body))
    norm = found.trunk.body[0]
    assert norm.running_mean.abs().max() == 0
    assert norm.num_batches_tracked == 0
    assert all(parameter.grad is None for parameter in found.parameters())
    assert found.training


def test_layers_features_and_map_are_what_the_last_layers_see(write: Write) -> None:
    found = network(write(
        "return nn.Sequential(nn.Conv2d(channels, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), "
        "nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, classes))"
    )).eval()  # fmt: skip
    rows = [(row.name, row.kind, row.detail, row.output, row.parameters) for row in
            summary(found, (SIZE, SIZE, 3))]  # fmt: skip
    assert rows == [
        ("conv2d", "Conv2D", "8 filters 3×3", (8, 8, 8), 224),
        ("batch_normalization", "BatchNormalization", "", (8, 8, 8), 32),
        ("activation", "Activation", "", (8, 8, 8), 0),
        ("adaptiveavgpool2d", "AdaptiveAvgPool2d", "", (1, 1, 8), 0),
        ("flatten", "Flatten", "", (8,), 0),
        ("dense", "Dense", "5 units, ReLU", (5,), 45),
        ("dense_1", "Dense", "3 units", (3,), 18),
    ]
    pixels = torch.randint(0, 256, (5, SIZE, SIZE, 3), dtype=torch.uint8)
    seen, body = found(pixels), found.trunk.body
    assert torch.allclose(body[-1](seen.features), seen.logits)
    assert torch.allclose(body[3:](seen.feature_map), seen.logits, atol=1e-6)


def test_a_parameter_outside_of_all_layers_is_counted(write: Write) -> None:
    body = module("return self.l(x.flatten(1)) * self.scale", "self.scale = "
                  "nn.Parameter(torch.ones(classes)); self.free = nn.Dropout()")  # fmt: skip
    found = network(write(body))
    rows = summary(found, (SIZE, SIZE, 3))
    assert sum(row.parameters for row in rows) == found.parameter_count()
    assert rows[-1].detail == "outside of these layers"


@pytest.mark.parametrize("key", ["dropout", "batch_norm"])
def test_a_switch_that_would_do_nothing_is_refused(write: Write, key: str) -> None:
    with pytest.raises(UsageError, match=f"network.{key} would do nothing: torch:net.py:make_mod"):
        network(write(f"return {FLAT}"), **{key: False})


def test_batch_normalisation_wants_more_than_one_image(write: Write) -> None:
    recipe = assemble(write(f"return nn.Sequential(nn.BatchNorm2d(channels), *{FLAT})"))
    image = recipe.settle(SIZE, 3).image.settled()
    made = outline(recipe.model, image, CLASSES)
    with pytest.raises(UsageError, match="needs more than one image, got 1$"):
        require_batch(recipe.model, made, 1)


def test_a_recipe_that_others_may_have_written_runs_no_code(write: Write, tmp_path: Path) -> None:
    model, recipe = write(f"return {FLAT}"), tmp_path / "my.toml"
    recipe.write_text(f'model = "{model}"\nepochs = 3\n')
    with pytest.raises(UsageError, match=r"named on the command line, with --model.*my\.toml\)$"):
        assemble(recipe=recipe)
    assert assemble(model, recipe) == assemble(model, settings={"epochs": 3})


def test_the_file_is_part_of_the_recipe(write: Write, tmp_path: Path) -> None:
    model = write(f"return {FLAT}")
    first = assemble(model)
    assert own_function(first.model).sha256 in first.model
    assert public_name(first.model) == "torch:net.py:make_model"
    assert plain_name(first.model) == "net"
    assert assemble(first.model) == first  # pinned once
    write(f"return {FLAT}  # as before")
    assert assemble(model).hash() != first.hash()
    with pytest.raises(
        RunError, match="must be the file that the recipe names, with SHA-256 .*put"
    ):
        network(first.model)
    (tmp_path / "net.py").unlink()
    with pytest.raises(
        SureshotError, match="there is no file .*net.py that could be read any more"
    ):
        network(first.model)
