"""The report's part about maps: there where the run has kept some, escaped, with its sources."""

import numpy as np

from sureshot.figures.heat import KEPT, Attention, write_attention
from sureshot.report.attention import attention_part
from sureshot.report.markup import join
from sureshot.report.material import read
from sureshot.runs import Run


def test_maps_stand_in_the_report_where_there_are_some(hostile: Run) -> None:
    material = read(hostile)
    assert attention_part(material) == []
    row = 0
    table = [
        Attention(
            id=str(hostile.index.id[row]),
            name=hostile.index.classes[0],
            probability=0.9,
            true="",
            seen=np.zeros((16, 16, 3), np.uint8),
            aspect=1.0,
            maps={"occlusion": np.eye(16)},
        )
    ]
    try:
        write_attention(hostile.folder / KEPT, table)
        page = join(attention_part(material))
    finally:
        (hostile.folder / KEPT).unlink()
    assert "<h3>Where it looked</h3>" in page
    assert "Zeiler and Fergus, 2014" in page
    assert "Zhou" not in page  # a method that was not used
    assert page.count("<img ") == 1
    assert "<script>" not in page
