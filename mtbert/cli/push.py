"""`mtbert push`: a trained model on the Hugging Face hub."""

from typing import Annotated

import typer

from mtbert.cli.predict import Checkpoint


def push(
    checkpoint: Checkpoint,
    repository: Annotated[str, typer.Argument(help="On the hub: NAME/REPOSITORY")],
    yes: Annotated[bool, typer.Option("--yes", help="Upload; else only print the card")] = False,
    public: Annotated[
        bool, typer.Option("--public", help="A new repository is for all to see")
    ] = False,
    license: Annotated[
        str | None, typer.Option(help="Of the weights, as the hub names it: apache-2.0, mit, …")
    ] = None,
) -> None:
    """Upload a trained model to the Hugging Face hub, with a model card.

    The card says what the checkpoint and the run around it know: tasks, scores with intervals,
    settings, hardware, data and their terms. Without --yes it is printed, and nothing is sent.

    Example: mtbert push data/runs/main-1/best my-name/my-model
    """
    from mtbert.inference.hub import check_repository, upload, uploaded_files
    from mtbert.inference.model_card import model_card
    from mtbert.inference.model_facts import ModelFacts

    check_repository(repository)
    facts = ModelFacts(checkpoint)
    card = model_card(facts, repository, license=license)
    files = uploaded_files(facts, card)
    if yes:
        print(upload(files, repository, public=public))
        return
    print(card)
    kind = "public" if public else "private"
    print(f"Nothing is sent. --yes uploads to {repository}, {kind} if it is new:")
    for name, content in files.items():
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        print(f"{name} ({size:,} bytes)")
