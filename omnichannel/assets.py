"""Static files served from inside installed wheels, never copied into the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

FILES = {
    "vendor/htmx.min.js": ("django_htmx", "static/django_htmx/htmx-2.min.js"),
    "vendor/plotly.min.js": ("plotly", "package_data/plotly.min.js"),
}


def wheel_file(package: str, inside: str) -> Path:
    """Return the path of a file that the wheel of `package` installed; LookupError when the package is absent."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0]) / inside


class _OneFile(FileSystemStorage):
    """A storage of one file, whatever name it is asked for under."""

    prefix = ""

    def __init__(self, path: Path) -> None:
        super().__init__(location=path.parent)
        self.real = path.name

    def path(self, name: str) -> str:
        return super().path(self.real)


class WheelFileFinder(BaseFinder):
    """Finds exactly the files of `FILES`, under their URL names."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Refuse to start when a wheel no longer carries a promised file."""
        missing = [where for where in FILES.values() if not wheel_file(*where).is_file()]
        return [Error(f"{package} ships no {inside}", id="omnichannel.E001") for package, inside in missing]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the real path of a promised file, as Django's finder protocol wants it."""
        hits = [str(wheel_file(*FILES[path]))] if path in FILES else []
        return hits if find_all or not hits else hits[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield every promised file with the storage that reads it."""
        for url, where in FILES.items():
            yield url, _OneFile(wheel_file(*where))
