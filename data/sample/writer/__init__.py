"""Writers of the embedded sample corpus, one module per task beside its phrases."""
