"""How the classifier was made, so that somebody else can make it again."""

from sureshot.report.markup import Html, details, facts, section, tag
from sureshot.report.material import Material, openings


def making_section(material: Material) -> Html:
    """Recipe, environment, fingerprint of the data, speed, and openings of the test split."""
    recipe = (material.run.folder / "recipe.toml").read_text("utf-8")
    return section(
        "making",
        "How it was made",
        facts(
            [
                *_speed(material),
                ("Test split opened", openings(material)),
                ("Recipe", tag("code", material.recipe.hash())),
                ("Data", tag("code", material.index.fingerprint())),
            ]
        ),
        details("The recipe", tag("pre", recipe, tabindex=0)),
        details("The environment", facts(_environment(material))),
    )


def _speed(material: Material) -> list[tuple[str, str]]:
    speed = material.summary.get("speed")
    if not speed:
        return []
    each = f"{speed['milliseconds_per_image']:.3g} ms an image"
    rate = f"{speed['images_per_second']:,.0f} images a second"
    return [("Speed of prediction", f"{rate}, {each}, on {speed['on']}")]


def _environment(material: Material) -> list[tuple[str, str]]:
    told = material.environment
    packages = ", ".join(f"{name} {v}" for name, v in told["packages"].items() if v)
    device = told["device"]
    return [
        ("Python", str(told["python"])),
        ("System", str(told["system"])),
        ("Processor", str(told["processor"])),
        ("Threads", str(device["threads"])),
        ("Packages", packages),
    ]
