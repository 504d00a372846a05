"""One typer command per DVC stage, composing the library."""
