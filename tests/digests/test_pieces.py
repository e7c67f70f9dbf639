"""How a model's bytes are cut into blobs."""

import random

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.digests import layout, recognised_digest, split
from nbtrack.digests.pieces import BLOB_BYTES

MEGABYTE = 1 << 20

# Sizes around every border of the cut, and anything between.
sizes = st.lists(
    st.one_of(
        st.integers(0, 3 * BLOB_BYTES),
        st.sampled_from(
            [0, 1, 63, 64, 65, 1 << 17, (1 << 17) - 1, MEGABYTE, MEGABYTE - 1, BLOB_BYTES, BLOB_BYTES + 1]
        ),
    ),
    min_size=1,
    max_size=200,
)


@given(sizes)
def test_each_byte_of_each_segment_stands_in_one_blob_and_none_overlap(given_sizes):
    covered = [0] * len(given_sizes)
    for spans in layout(given_sizes):
        end = 0
        for span in spans:
            assert span.start == covered[span.segment]
            assert span.at >= end
            assert span.at % 64 == 0
            end = span.at + span.stop - span.start
            covered[span.segment] = span.stop
        assert len(spans) > 0
        assert end <= BLOB_BYTES
    assert covered == given_sizes


@given(sizes)
def test_a_large_segment_shares_no_blob_and_all_its_blobs_but_the_last_are_full(given_sizes):
    for spans in layout(given_sizes):
        for span in spans:
            size = given_sizes[span.segment]
            if span.segment == 0 or size >= MEGABYTE:
                assert len(spans) == 1
                assert span.stop == size or span.stop - span.start == BLOB_BYTES


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=50))
def test_the_segments_come_back_from_the_blobs(segments):
    blobs = [b"".join(pieces) for pieces in split(segments)]
    again = [b""] * len(segments)
    for spans, blob in zip(layout([len(one) for one in segments]), blobs, strict=True):
        for span in spans:
            again[span.segment] += blob[span.at : span.at + span.stop - span.start]
    assert again == segments


def test_a_thousand_middling_segments_make_few_blobs():
    assert len(layout([1000, *[500_000] * 1000])) < 200


@pytest.mark.parametrize("place", [0, 5 * MEGABYTE, 11 * MEGABYTE - 1])
def test_one_changed_byte_changes_one_blob(place):
    segments = [b"stream", random.Random(0).randbytes(11 * MEGABYTE)]
    changed = bytearray(segments[1])
    changed[place] ^= 1
    before = list(map(recognised_digest, split(segments)))
    after = list(map(recognised_digest, split([segments[0], changed])))
    assert sum(one != two for one, two in zip(before, after, strict=True)) == 1


def test_the_digest_of_pieces_is_that_of_their_bytes():
    pieces = [b"a" * 1000, b"b" * 1000]
    assert recognised_digest(pieces) == "b3:" + blake3(b"".join(pieces)).hexdigest()
