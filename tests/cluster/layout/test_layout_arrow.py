"""Arrow columns as arrays: the same values whether memory is shared or not, and the pool of the process as it was."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lead_ml.cluster.layout.columns import coded, writable
from lead_ml.cluster.layout.memory import handed_on


@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize("texts", [["b", "a", "b", "c", "a"], ["b", None, "b", "c", None]])
def test_a_text_column_reads_as_it_stands(texts: list[str | None], first: int) -> None:
    array = pa.array(texts).dictionary_encode()[first:]
    column = coded(array)
    assert column.values() == texts[first:]
    assert column.codes.flags.writeable
    assert array.to_pylist() == texts[first:]


@pytest.mark.parametrize("first", [0, 2])
def test_numbers_read_as_they_stand(first: int) -> None:
    whole = writable(pa.array([5, -(2**62), 7], pa.int64())[first:])
    assert whole.dtype == np.int64
    assert whole.tolist() == [5, -(2**62), 7][first:]
    some = writable(pa.array([1.5, None, 2.0])[first:])
    assert np.array_equal(some, np.array([1.5, np.nan, 2.0])[first:], equal_nan=True)
    for array in (whole, some):
        assert array.flags.writeable
        assert array.flags.c_contiguous


def test_read_only_memory_is_copied() -> None:
    source = pa.py_buffer(np.array([1, 2], dtype=np.int64).tobytes())
    array = pa.Array.from_buffers(pa.int64(), 2, [None, source])
    column = writable(array)
    column[0] = 9
    assert array.to_pylist() == [1, 2]


def test_the_pool_of_the_process_comes_back_with_the_last_to_leave() -> None:
    before = pa.default_memory_pool().backend_name
    outer, inner = handed_on(), handed_on()
    with outer, inner:
        assert pa.default_memory_pool().backend_name == "system"
    assert pa.default_memory_pool().backend_name == before
    first, second = handed_on(), handed_on()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert pa.default_memory_pool().backend_name == "system"
    second.__exit__(None, None, None)
    assert pa.default_memory_pool().backend_name == before
    with pytest.raises(KeyError), handed_on():
        raise KeyError
    assert pa.default_memory_pool().backend_name == before
