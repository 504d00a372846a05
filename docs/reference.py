"""Pages that are not files in docs/: options, commands, CONTRIBUTING.md; the results on the first.

A hook of MkDocs (mkdocs.yml); nothing of it is written into the tree.
"""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
SECTION = re.compile(r"(?:# .*\n)*^(\w+):.*\n(?:^(?:[ ].*)?\n)*", re.MULTILINE)
KEY = re.compile(r"  (\w+):")
RANGES = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
# What a page of the tree links to → its page of the site
PAGES = {"../params.yaml": "options.md", "../CONTRIBUTING.md": "contributing.md"}
HEADING = """\
# Options

All options stand in params.yaml. The tables below are made from its comments and from the methods'
classes, for this version. `dvc exp run -S SECTION.KEY=VALUE` changes one; `mtbert check`
tells a wrong one in seconds.

A method is written by its name, `sampler: anneal`, or with options,
`sampler: {name: anneal, fall: 0.5}`.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files in docs/."""
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    pages = {"options.md": options_page(), "commands.md": commands_page()}
    for name, text in {**pages, "contributing.md": contributing}.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put README's results where a page asks for them; link to the site's pages, not to files."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    results = readme.split("<!-- results:begin -->")[1].split("<!-- results:end -->")[0]
    for file, page in PAGES.items():
        markdown = markdown.replace(f"]({file})", f"]({page})")
    return markdown.replace("[The scores](../README.md) <!-- results -->", results)


def commands_page() -> str:
    """Every command's help."""
    import typer
    from typer.cli import get_docs_for_click

    from mtbert.cli.main import app

    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="mtbert")
    return text.replace("# `mtbert`", "# Commands", 1)


def options_page() -> str:
    """Sections of params.yaml, then the methods of each registry."""
    parts = [HEADING]
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    for match in SECTION.finditer(params):
        parts.append(section_table(match[1], match[0]))
    for key, registry in registries().items():
        parts.append(f"## Methods of `{key}` {{ #{key.split('.')[-1]} }}")
        for name, method in registry.items():
            parts.append(f"### {name} {{ #{key.split('.')[-1]}-{name} }}")
            parts.append(inspect.cleandoc(method.__doc__ or ""))
            parts.append(fields_table(method))
    return "\n\n".join(part for part in parts if part)


def registries() -> dict[str, Mapping[str, Any]]:
    """Key in params.yaml → its methods."""
    from mtbert.modeling.adaptations import ADAPTATIONS
    from mtbert.modeling.heads import HEADS
    from mtbert.modeling.pooling import POOLINGS
    from mtbert.modeling.projections import PROJECTIONS
    from mtbert.training.auxiliaries import AUXILIARIES
    from mtbert.training.averaging import AVERAGINGS
    from mtbert.training.balancing import BALANCINGS
    from mtbert.training.objectives import OBJECTIVES
    from mtbert.training.optimizers import OPTIMIZERS
    from mtbert.training.regularizers import REGULARIZERS
    from mtbert.training.samplers import SAMPLERS

    return {
        "train.sampler": SAMPLERS,
        "train.balancing": BALANCINGS,
        "train.regularizers": REGULARIZERS,
        "train.auxiliaries": AUXILIARIES,
        "train.averaging": AVERAGINGS,
        "train.adaptation": ADAPTATIONS,
        "train.pooling": POOLINGS,
        "train.projections": PROJECTIONS,
        "train.heads": HEADS,
        "train.objectives": OBJECTIVES,
        "train.optimizer": OPTIMIZERS,
    }


def section_table(name: str, text: str) -> str:
    """A section's comment, then a row for each of its keys: default, comment above it."""
    head, _, body = text.partition(f"{name}:")
    rows, comment, value, key = [], [], [], ""
    for line in [*body.splitlines()[1:], "  end:"]:
        if (match := KEY.match(line)) or line.startswith("  #"):
            if key:
                rows.append((key, f"`{squeezed(value)}`", " ".join(comment)))
                comment, key = [], ""
            if match:
                key, value = match[1], [line[match.end() :]]
            else:
                comment.append(line.removeprefix("  # "))
        else:
            value.append(line)
    about = " ".join(line.removeprefix("# ") for line in head.splitlines())
    whole = f"Default: `{squeezed([body.splitlines()[0]])}`" if body.splitlines()[0].strip() else ""
    return "\n\n".join(
        filter(None, [f"## {name}", escaped(about), whole, table(("key", "default", "what"), rows)])
    )


def squeezed(lines: list[str]) -> str:
    """A YAML value on one line."""
    text = " ".join(" ".join(lines).split())
    return text if len(text) < 90 else text[:80].rsplit(" ", 1)[0] + " …"


def fields_table(method: Any) -> str:
    """A row for each option of a method."""
    comments = field_comments(method)
    fields = method.model_json_schema()["properties"] if method.model_fields else {}
    rows = []
    for name, schema in fields.items():
        default = json.dumps(schema["default"]) if "default" in schema else "required"
        rows.append((name, f"`{default}`", allowed(schema), comments.get(name, "")))
    return table(("option", "default", "allowed", "what"), rows)


def allowed(schema: Mapping[str, Any]) -> str:
    """What a JSON schema accepts, in words."""
    if "anyOf" in schema:
        return " or ".join(allowed(part) for part in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    bounds = [f"{sign} {schema[key]}" for key, sign in RANGES.items() if key in schema]
    kind = schema.get("type", schema.get("description", ""))
    return " ".join([kind, *bounds])


def field_comments(method: type) -> dict[str, str]:
    """Comments above and beside the fields of a class and of those it inherits from."""
    comments: dict[str, str] = {}
    for kind in reversed(method.__mro__):
        if not kind.__module__.startswith("mtbert."):
            continue
        above: list[str] = []
        for line in inspect.getsource(kind).splitlines():
            if match := re.match(r"    # (.*)", line):
                above.append(match[1])
            elif match := re.match(r"    (\w+): [^#]*(?:# (.*))?", line):
                comments[match[1]] = " ".join(filter(None, [*above, match[2]]))
                above = []
            else:
                above = []
    return comments


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table without its empty columns; nothing without rows."""
    columns = list(zip(heads, *rows, strict=True)) if rows else []
    lines = list(zip(*[column for column in columns if any(column[1:])], strict=True))
    return "\n".join(f"| {' | '.join(map(escaped, line))} |" for line in _ruled(lines))


def _ruled(lines: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for number, line in enumerate(lines):
        yield line
        if number == 0:
            yield (":--",) * len(line)


def escaped(cell: str) -> str:
    """Text whose bars end no cell; words with underscores stay as they are in Markdown here."""
    return cell.replace("|", "\\|")
