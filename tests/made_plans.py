"""Plans as a bundle carries them, made up."""

from sureshot.bundle import Plan, PlanOfClass


def made_plan(
    threshold: float | None,
    classes: int = 2,
    max_error: float = 0.02,
    automated: float = 0.8,
    n: int = 200,
) -> Plan:
    """A plan; of the images that it automates one in a hundred was wrong."""
    each = PlanOfClass(said=n, automated=round(automated * n), wrong=0)
    return Plan(
        kind="threshold",
        max_error=max_error,
        confidence=0.95,
        threshold=threshold,
        automated=automated,
        wrong=round(0.01 * automated * n),
        n=n,
        method="",
        rows="",
        per_class=(each,) * classes,
    )
