"""The verbs, one function each; heavy imports wait until a verb is called."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sureshot.cli import automate, dashboard, explaining, exporting, serving, sorting, studies
from sureshot.errors import DataError, UsageError

if TYPE_CHECKING:
    from sureshot.data import Source

app = typer.Typer(
    name="sureshot",
    help="From a folder of images to a classifier you can be sure of.",
    epilog="Start with: sureshot look FOLDER, then: sureshot train FOLDER",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Place = Annotated[
    str, typer.Argument(metavar="SOURCE", help="Labelled images; sureshot sources lists the forms.")
]
Label = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="The column of a table that holds the class.")
]
File = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="The column of a table that names the file.")
]
Root = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="The folder that a table's files are below.")
]
Classes = Annotated[str | None, typer.Option(metavar="A,B,C", help="Only these classes.")]
Merge = Annotated[
    list[str] | None, typer.Option(metavar="A,B=C", help="Make one class of several.")
]
Subset = Annotated[
    int | None, typer.Option(metavar="N", help="Only N of the images to train and choose on.")
]
Exclude = Annotated[
    Path | None, typer.Option(metavar="CSV", help="Leave out the images that a list marks.")
]
Seed = Annotated[int, typer.Option(help="Decides the splits that the source lacks.")]
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
    source: Place,
    out: Annotated[Path, typer.Option(help="The page that is written.")] = Path("look.html"),
    findings: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Write the findings as a list for --exclude too."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="Look for wrong labels by a run or *.shot that was not trained on them."),
    ] = None,
    label: Label = None,
    image: File = None,
    root: Root = None,
    classes: Classes = None,
    merge: Merge = None,
    subset: Subset = None,
    exclude: Exclude = None,
    seed: Seed = 111,
) -> None:
    """Show what a source holds, and what is wrong with it: a table here, and a page."""
    from sureshot import workflow
    from sureshot.audit import require_unmarked
    from sureshot.cli import screens

    if findings is not None:
        require_unmarked(findings)
    wanted = _source(source, label, image, root, classes, merge, subset, exclude)
    found = workflow.look(wanted, out=out, model=model, seed=seed, counted=screens.show_counts)
    screens.show_findings(found)
    if findings is not None:
        print(f"findings  {found.save_findings(findings)}")


@app.command()
def sources() -> None:
    """List every form in which images may come."""
    from sureshot.cli import screens
    from sureshot.data import FORMS

    screens.show_sources(FORMS)


@app.command()
def get(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A dataset; without it, all of them.")
    ] = None,
    to: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to put it.")] = None,
) -> None:
    """Fetch a public dataset, verified by its hash; then its name is a source."""
    from sureshot import workflow
    from sureshot.cli import screens
    from sureshot.downloads import CATALOGUE

    if name is None:
        screens.show_datasets(CATALOGUE)
    else:
        place = shlex.quote(str(to or name))
        print(f"train on it with: sureshot train {place}  ({workflow.get(name, to=to)})")


@app.command()
def export_data(
    source: Place,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    to: Annotated[str, typer.Option(help="folder or parquet.")] = "folder",
    label: Label = None,
    image: File = None,
    root: Root = None,
    classes: Classes = None,
    merge: Merge = None,
    subset: Subset = None,
    exclude: Exclude = None,
    seed: Seed = 111,
) -> None:
    """Write any source as a folder of classes or as Parquet, with its splits."""
    from sureshot import workflow
    from sureshot.files import readable_size

    wanted = _source(source, label, image, root, classes, merge, subset, exclude)
    images, size = workflow.export_data(wanted, out, to=to, seed=seed)
    print(f"{images:,} images, {readable_size(size)}: {out}")


@app.command()
def query(
    source: Annotated[str, typer.Argument(metavar="SOURCE|RUN", help="Images, or a run folder.")],
    statement: Annotated[str, typer.Argument(metavar="SQL", help="Such as: select count(*) …")],
    out: Annotated[Path | None, typer.Option(help="A .csv or .parquet file.")] = None,
    label: Label = None,
    image: File = None,
    root: Root = None,
    seed: Seed = 111,
) -> None:
    """Ask in SQL over the tables images, and of a run predictions and history."""
    from sureshot import workflow
    from sureshot.cli import screens

    wanted = _source(source, label, image, root)
    answer = workflow.query(wanted, statement, out=out, seed=seed)
    if out is None:
        screens.show_answer(answer)
    else:
        print(f"{len(answer):,} rows: {out}")


@app.command()
def train(
    source: Place,
    model: Annotated[
        str | None,
        typer.Option(help="A network; sureshot models lists them.", show_default="swift"),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="For swift: quick, good or best.", show_default="good")
    ] = None,
    transfer: Annotated[
        str | None,
        typer.Option(
            help="For a pretrained network: features or finetune.",
            show_default="by the number of images",
        ),
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
    calibrate: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Set aside for sureshot plan, such as 20%."),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="At most so long, such as 90s, 10m, 1h30m.")
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say at the end where the time went.")
    ] = False,
    log: Annotated[
        str | None, typer.Option(help="Tell each epoch to tensorboard or mlflow too.")
    ] = None,
    split_from: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Keep every image in the split that it had there."),
    ] = None,
    label: Label = None,
    image: File = None,
    root: Root = None,
    classes: Classes = None,
    merge: Merge = None,
    subset: Subset = None,
    exclude: Exclude = None,
    add: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Train on these too; columns path and label."),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="Train as this run was, but for what is said, and compare with it."
        ),
    ] = None,
    allow_bad: Annotated[
        str, typer.Option(metavar="SHARE", help="How many images may be unreadable.")
    ] = "1%",
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
) -> None:
    """Train a classifier, evaluate it, and write the report."""
    from sureshot import workflow
    from sureshot.automate import share_of
    from sureshot.cli import screens

    given = {
        "preset": preset,
        "seed": seed,
        "references": references,
        "class_weights": class_weights,
        "transfer.way": transfer,
        "calibrate": None if calibrate is None else share_of("--calibrate", calibrate),
    }
    settings = [
        *(set_ or []),
        *(f"--{key}={value}" for key, value in given.items() if value is not None),
    ]
    run = workflow.train(
        _source(source, label, image, root, classes, merge, subset, exclude, add),
        model=model,
        recipe=recipe,
        settings=settings,
        name=name,
        runs=runs,
        split_from=split_from,
        before=before,
        allow_bad=allow_bad,
        budget=budget,
        log=log,
        profile=profile,
    )
    screens.show_run(run)
    if before is not None:
        studies.compare([before, run.folder], workflow.before_after(run))


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
        str | None,
        typer.Argument(metavar="[SOURCE]", help="Labelled images; without it, the run's own."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="train, validation or test.")] = None,
    label: Label = None,
    image: File = None,
    root: Root = None,
    classes: Classes = None,
    merge: Merge = None,
) -> None:
    """Show the scores of a run, or score a model on labelled images."""
    from sureshot import workflow
    from sureshot.cli import screens
    from sureshot.records import SPLITS

    chosen = next((known for known in SPLITS if known == split), None)
    if split and not chosen:
        raise UsageError(f"--split must be train, validation or test, got {split!r}")
    if source is None and any((label, image, root, classes, merge)):
        raise UsageError(
            "--label, --image, --root, --classes and --merge are for a SOURCE; name it"
        )
    wanted = None if source is None else _source(source, label, image, root, classes, merge)
    screens.show_scores(workflow.evaluate(model, wanted, split=chosen))


@app.command()
def predict(
    model: Model,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...", help="Files, folders, globs, tables; - reads paths from stdin."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="A .csv, .json or .parquet file.")] = None,
    item: Annotated[
        int | None, typer.Option(metavar="N", help="Only the image of this number, from 0.")
    ] = None,
    submission: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write a competition's two columns.")
    ] = None,
    columns: Annotated[str, typer.Option(help="The two columns' names.")] = "ImageId,Label",
    image: File = None,
    root: Root = None,
) -> None:
    """Say what each image shows; an unreadable one becomes a row with the reason."""
    from sureshot import workflow
    from sureshot.cli import screens

    if (out is not None) + (submission is not None) + (item is not None) > 1:
        raise UsageError("only one of --out, --submission and --item can be given")
    if submission is not None:
        images, unreadable = workflow.predict_to(
            submission, model, *sources, submission=_two(columns), image=image, root=root
        )
        print(f"{images:,} rows: {submission}")
    elif out is None:
        predictions = workflow.predict(model, *sources, item=item, image=image, root=root)
        images, unreadable = len(predictions), int((~predictions.readable).sum())
        screens.show_predictions(predictions)
    else:
        images, unreadable = workflow.predict_to(out, model, *sources, image=image, root=root)
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
        screens.show_models(
            {known: recipe.about(known) for known in (*recipe.model_names(), *recipe.BACKBONES)}
        )
    else:
        layers = workflow.describe(name, size=size, channels=channels, classes=classes)
        screens.show_layers(name, recipe.about(name), layers)


app.command()(automate.plan)
app.command()(sorting.sort)
app.command()(serving.serve)
app.command()(exporting.export)
app.command()(explaining.explain)
app.command()(dashboard.dashboard)
app.command()(studies.compare)
app.add_typer(studies.study, name="study")


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


def _source(
    place: str,
    label: str | None,
    image: str | None,
    root: Path | None,
    classes: str | None = None,
    merge: list[str] | None = None,
    subset: int | None = None,
    exclude: Path | None = None,
    add: Path | None = None,
) -> "Source":
    """What the options of a verb say of its source."""
    from sureshot.data import Source, parse_classes, parse_merge

    return Source(
        place,
        label=label,
        image=image,
        root=root,
        classes=() if classes is None else parse_classes(classes),
        merge=parse_merge(merge or ()),
        subset=subset,
        exclude=exclude,
        add=add,
    )


def _two(columns: str) -> tuple[str, str]:
    """ "ImageId,Label" → its two names."""
    first, _, second = (word.strip() for word in columns.partition(","))
    if not first or not second or "," in second:
        raise UsageError(f"--columns must be two names such as ImageId,Label, got {columns!r}")
    return first, second
