"""The file that somebody adds to a dispute: kept as it came, given back only as a file to keep."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from kpis.errors import DisputeInvalid
from omnichannel.workspaces.scoping import current_workspace_id

MOST_BYTES = 10 * 1024**2
# what a phone or an office makes, and how such a file begins
STARTS = {
    ".pdf": (b"%PDF",),
    ".png": (b"\x89PNG",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".heic": (b"",),
    ".xlsx": (b"PK",),
    ".docx": (b"PK",),
    ".csv": (b"",),
    ".txt": (b"",),
}


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file on disk: what it was called, where it lies in the data folder, its SHA-256."""

    filename: str
    path: str
    sha256: str


def keep_file(chunks: Iterable[bytes], *, filename: str) -> KeptFile:
    """Store the bytes as they come. DisputeInvalid for another kind of file, an empty one or more than 10 MB."""
    name = Path(filename.replace("\\", "/")).name.replace("\x00", "")[-255:]
    starts = STARTS.get(Path(name).suffix.lower())
    if starts is None:
        raise DisputeInvalid({"file": _("Add a picture, a PDF, a table or a text: %(kinds)s.") % {"kinds": _kinds()}})
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > MOST_BYTES:
            raise DisputeInvalid({"file": _("The file is larger than 10 MB.")})
    if not content or not bytes(content[:8]).startswith(starts):
        raise DisputeInvalid({"file": _("This file is empty, or not what its name says.")})
    path = Path(str(current_workspace_id()), "disputes", str(uuid.uuid4()))
    target = settings.DATA_ROOT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return KeptFile(name, str(path), hashlib.sha256(content).hexdigest())


def drop_file(kept: KeptFile) -> None:
    """Take away a file whose dispute came to nothing."""
    (settings.DATA_ROOT / kept.path).unlink(missing_ok=True)


def _kinds() -> str:
    return ", ".join(sorted(each.removeprefix(".") for each in STARTS))
