from pathlib import Path

import pytest
from lexicon_folder import write_lexicons

from mtbert.augmentation.nltk_data import use_folder


@pytest.fixture(scope="session")
def lexicons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # NLTK keeps the first WordNet that it loads: all tests share one.
    folder = write_lexicons(tmp_path_factory.mktemp("lexicons"))
    use_folder(folder)
    return folder
