"""Files that people send: how large they may be, what they are, and the folder where proofs are kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from flask import current_app, request
from werkzeug.datastructures import FileStorage

from booking.refusals import BadInput, NotFound
from booking.register.decided import file_types, most_bytes
from booking.register.proofs import ProofFile

View = TypeVar("View", bound=Callable[..., Any])
FORM_BYTES = 100_000  # what a form may weigh beside its file
BEGINS = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
}


def takes_files(bytes_at_most: int) -> Callable[[View], View]:
    """Declare that a view takes a file of this size; elsewhere a request is small."""

    def declare(view: View) -> View:
        view.largest_bytes = bytes_at_most + FORM_BYTES  # type: ignore[attr-defined]
        return view

    return declare


def let_larger_in() -> None:
    """Before each request, and before anybody reads its form."""
    view = current_app.view_functions.get(request.endpoint or "")
    if largest := getattr(view, "largest_bytes", None):
        request.max_content_length = largest


def sent(field: str) -> tuple[str, bytes] | None:
    """Name and content of a file in the form; None when none was chosen."""
    file: FileStorage | None = request.files.get(field)
    if file is None or not file.filename:
        return None
    try:
        return Path(file.filename.replace("\\", "/")).name[-120:], file.read()
    finally:
        file.close()


def folder() -> Path:
    """Where the files of proofs lie."""
    place: Path = current_app.config["SETTINGS"].data_dir / "proofs"
    return place


def keep_proof(field: str) -> ProofFile | None:
    """Keep a document that came with the form. Raises BadInput for what is too large, or not what its name says."""
    given = sent(field)
    if given is None:
        return None
    name, content = given
    kind = file_types().get(name.rpartition(".")[2].lower())
    if kind is None or not content.startswith(BEGINS[kind]):
        raise BadInput(field=field, problem="file_type")
    if len(content) > most_bytes():
        raise BadInput(field=field, problem="file_size", megabytes=most_bytes() // 1_000_000)
    key = secrets.token_hex(16)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder() / key).write_bytes(content)
    return ProofFile(key, name, kind)


def proof_content(key: str) -> bytes:
    """Raises NotFound when the proof has no file, or its file is gone."""
    if not key.isalnum():
        raise NotFound(what="file")
    try:
        return (folder() / key).read_bytes()
    except FileNotFoundError as error:
        raise NotFound(what="file") from error
