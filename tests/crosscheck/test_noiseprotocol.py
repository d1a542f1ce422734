"""The test vectors, compared with an independent Noise implementation."""

import json

from tests.crosscheck import transcripts


def test_vectors_match_noiseprotocol() -> None:
    assert transcripts.VECTORS.read_text() == transcripts.document()


def test_vectors_have_the_message_sizes_of_the_paper() -> None:
    cases = json.loads(transcripts.VECTORS.read_text())
    for case in cases["handshakes"]:
        sizes = [len(case[field]) // 2 for field in ("initiation", "response")]
        assert sizes == [148, 92], case["name"]
    for case in cases["cookies"]:
        assert len(case["reply"]) // 2 == 64, case["name"]
