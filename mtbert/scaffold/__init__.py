"""A new project around a folder of the user's own files: tasks guessed, dvc.yaml, params.yaml."""
