"""Judge the reports' conclusions by the kept results of all studies."""

from pathlib import Path
from typing import Annotated

import typer

from mtbert.core.commands import run


def main(
    claims: Annotated[Path, typer.Argument(help="File of claims")],
    studies: Annotated[Path, typer.Argument(help="Folder of NAME/params.yaml, NAME/results/")],
    out: Annotated[Path, typer.Argument(help="JSON file to write: each claim's verdict")],
) -> None:
    """Write every claim's verdict; claims without runs stay undecided and say so."""
    import json

    from mtbert.claims.claim import read_claims
    from mtbert.claims.scores import Evidence
    from mtbert.claims.verdicts import judge
    from mtbert.core.outputs import write_text
    from mtbert.studies.results import read_results
    from mtbert.studies.study import read_study

    files = {path.parent.name: path for path in sorted(studies.glob("*/params.yaml"))}
    runs = {name: read_study(path).runs() for name, path in files.items()}
    read = read_claims(claims, runs)
    results = {name: read_results(path) for name, path in files.items()}
    evidence = {
        name: Evidence(own.predictions, own.runs, runs[name]) for name, own in results.items()
    }
    verdicts = judge(read.claims, evidence)
    content = {name: verdict.model_dump(mode="json") for name, verdict in verdicts.items()}
    write_text(out, json.dumps(content, indent=1) + "\n")
    decided = sum(verdicts[name].decision != "undecided" for name in read.primary)
    print(f"{decided} of {len(read.primary)} primary claims decided")


if __name__ == "__main__":
    run(main)
