"""A reference document that is not what its writer wrote is refused by its one error."""

from __future__ import annotations

import gzip
import traceback

import pytest

from handlers.contract.reference_document import Document, Pointer, ReferenceCorruptError
from tests.handlers.references import small_document

WHOLE = small_document(titles=6, customers=9)


def test_a_document_is_read_as_it_was_written() -> None:
    assert Document.decode(WHOLE.encode(), WHOLE.version) == WHOLE


def test_lists_that_can_be_read_and_not_be_written_are_refused() -> None:
    """The checksum is of what is written, which takes a little more of the stack."""
    text = gzip.decompress(WHOLE.encode())
    for depth in range(850, 1_000):
        column = b'"cast":[' + b"[" * depth + b"]" * depth + b',1],"title_name"'
        body = gzip.compress(text.replace(b'"title_name"', column, 1), compresslevel=1)
        with pytest.raises(ReferenceCorruptError):
            Document.decode(body, WHOLE.version)


def test_what_a_stranger_wrote_is_not_told_at_length_and_not_as_a_cause() -> None:
    body = b'{"' + b"x" * 100_000 + b'": 1}'
    with pytest.raises(ReferenceCorruptError) as of_pointer:
        Pointer.decode(body)
    with pytest.raises(ReferenceCorruptError) as of_document:
        Document.decode(gzip.compress(body.replace(b"{", b'{"schema_version":1,', 1)), "0" * 16)
    for caught in (of_pointer, of_document):
        assert "unexpected keyword argument 'xxx" in str(caught.value)
        assert "x" * 81 not in "".join(traceback.format_exception(caught.value))
