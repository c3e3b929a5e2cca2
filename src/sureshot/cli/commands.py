"""The verbs, one function each; heavy imports wait until a verb is called."""

from pathlib import Path
from typing import Annotated

import typer

from sureshot.errors import DataError, UsageError

app = typer.Typer(
    name="sureshot",
    help="From a folder of images to a classifier you can be sure of.",
    epilog="Start with: sureshot look FOLDER, then: sureshot train FOLDER",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder with one folder a class.")]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A run folder or a *.shot file.")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"sureshot {version('sureshot')}")
        raise typer.Exit


@app.callback()
def _sureshot(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    pass


@app.command()
def look(
    source: Folder,
    seed: Annotated[int, typer.Option(help="Decides the splits that the folder lacks.")] = 111,
) -> None:
    """Show what a folder holds, and what is wrong with it."""
    from sureshot import workflow
    from sureshot.cli import screens

    screens.show_look(workflow.look(source, seed=seed))


@app.command()
def train(
    source: Folder,
    model: Annotated[
        str | None,
        typer.Option(help="A network; sureshot models lists them.", show_default="arch_1"),
    ] = None,
    recipe: Annotated[Path | None, typer.Option(metavar="FILE", help="A recipe in TOML.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="One choice, such as epochs=5."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The run's name.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides all that is random.")] = None,
    references: Annotated[
        str | None,
        typer.Option(help="Proof inside the model: images, synthetic (private data) or none."),
    ] = None,
    class_weights: Annotated[
        str | None, typer.Option(help="balanced: rare classes cost as much as frequent ones.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="At most so long, such as 90s, 10m, 1h30m.")
    ] = None,
    log: Annotated[
        str | None, typer.Option(help="Tell each epoch to tensorboard or mlflow too.")
    ] = None,
    split_from: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Keep every image in the split that it had there."),
    ] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
) -> None:
    """Train a classifier on a folder, evaluate it, and write the report."""
    from sureshot import workflow
    from sureshot.cli import screens

    given = {"seed": seed, "references": references, "class_weights": class_weights}
    settings = [
        *(set_ or []),
        *(f"--{key}={value}" for key, value in given.items() if value is not None),
    ]
    run = workflow.train(
        source,
        model=model,
        recipe=recipe,
        settings=settings,
        name=name,
        runs=runs,
        split_from=split_from,
        budget=budget,
        log=log,
    )
    screens.show_run(run)


@app.command()
def resume(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
) -> None:
    """Go on with a training that was stopped or killed."""
    from sureshot import workflow
    from sureshot.cli import screens

    screens.show_run(workflow.resume(run))


@app.command()
def evaluate(
    model: Model,
    source: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="Labelled images; without it, the run's own."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="train, validation or test.")] = None,
) -> None:
    """Show the scores of a run, or score a model on a labelled folder."""
    from sureshot import workflow
    from sureshot.cli import screens
    from sureshot.records import SPLITS

    chosen = next((known for known in SPLITS if known == split), None)
    if split and not chosen:
        raise UsageError(f"--split must be train, validation or test, got {split!r}")
    screens.show_scores(workflow.evaluate(model, source, split=chosen))


@app.command()
def predict(
    model: Model,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...", help="Files, folders, globs; - reads paths from stdin."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="A .csv, .json or .parquet file.")] = None,
) -> None:
    """Say what each image shows; an unreadable one becomes a row with the reason."""
    from sureshot import workflow
    from sureshot.cli import screens

    if out is None:
        predictions = workflow.predict(model, *sources)
        images, unreadable = len(predictions), int((~predictions.readable).sum())
        screens.show_predictions(predictions)
    else:
        images, unreadable = workflow.predict_to(out, model, *sources)
        print(f"{images:,} images, {unreadable:,} unreadable: {out}")
    if unreadable == images:
        raise DataError("not one of the images could be read; the reasons stand in the rows")


@app.command()
def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A run folder or a *.shot file.")],
) -> None:
    """Verify a run or a model by its hashes, and by replaying its reference images."""
    from sureshot import workflow

    for sentence in workflow.check(path):
        print(sentence)


@app.command()
def models(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A network; without it, all of them.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Pixels, height and width.", show_default="by network")
    ] = None,
    channels: Annotated[int | None, typer.Option(help="1 or 3.", show_default="by network")] = None,
    classes: Annotated[int, typer.Option(help="How many classes.")] = 10,
) -> None:
    """List the networks, or show the layers of one."""
    from sureshot import recipe, workflow
    from sureshot.cli import screens

    if name is None:
        screens.show_models({known: recipe.about(known) for known in recipe.model_names()})
    else:
        layers = workflow.describe(name, size=size, channels=channels, classes=classes)
        screens.show_layers(name, recipe.about(name), layers)


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete all of it.")] = False,
) -> None:
    """Show, or clear, the decoded images that are kept for the next training."""
    from sureshot.cli import screens
    from sureshot.data import cache_entries, cache_folder, clear_cache
    from sureshot.files import readable_size

    if clear:
        print(f"freed {readable_size(clear_cache())} in {cache_folder()}")
    else:
        screens.show_cache(cache_folder(), cache_entries())
