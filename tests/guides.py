"""The snippets of the guides, read out of their Markdown, and run as a reader would: one shell, top to bottom."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

MARK = "@@@ snippet ends @@@"


@dataclass(frozen=True)
class Snippet:
    """A fenced block: its language, the word after it (`fill`, `answer`, a file's name) and its text."""

    language: str
    about: str
    text: str


def snippets(markdown: str) -> list[Snippet]:
    """Return the fenced blocks of a guide in order."""
    found = []
    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type == "fence":
            language, _, about = token.info.partition(" ")
            found.append(Snippet(language, about.strip(), token.content))
    return found


def run(markdown: str, *, env: dict[str, str], folder: Path) -> list[tuple[Snippet, str, list[Any]]]:
    """Run every shell snippet but those to fill in; return each with its output and the answers promised below it.

    Blocks named after a file are written to that file first, where they stand.
    """
    blocks = snippets(markdown)
    script, asked = ["set -e"], []
    for place, block in enumerate(blocks):
        if block.language == "sh" and block.about != "fill":
            answers = []
            for after in blocks[place + 1 :]:
                if after.about != "answer":
                    break
                answers.append(json.loads(after.text))
            asked.append((block, answers))
            script += [block.text, f"echo; echo '{MARK}'"]
        elif "." in block.about:
            (folder / block.about).write_text(block.text, encoding="utf-8")
    done = subprocess.run(
        ["/bin/sh", "-c", "\n".join(script)],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    outputs = done.stdout.split(MARK)[:-1]
    return [(block, output.strip(), answers) for (block, answers), output in zip(asked, outputs, strict=True)]


def holds(answer: Any, promised: Any) -> bool:
    """Tell whether the answer has what was promised: keys that are named, lists that contain each named item."""
    if isinstance(promised, dict):
        return isinstance(answer, dict) and all(
            key in answer and holds(answer[key], value) for key, value in promised.items()
        )
    if isinstance(promised, list):
        return isinstance(answer, list) and all(any(holds(one, item) for one in answer) for item in promised)
    return bool(answer == promised)
