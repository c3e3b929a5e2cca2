"""A small study on little pictures, trained once."""

import pytest
from study_small import write_study

from sureshot import Silent
from sureshot.studies.folder import StudyFolder
from sureshot.studies.reading import Study
from sureshot.studies.running import begin, train_all


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, StudyFolder]:
    """The study with all of its four runs."""
    place = tmp_path_factory.mktemp("study")
    study, folder = write_study(place), StudyFolder(place / "studies" / "small")
    begin(study, folder, Silent())
    train_all(study, folder, Silent(), "")
    return study, folder
