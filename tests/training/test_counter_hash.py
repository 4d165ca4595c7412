"""The random draws by hashing a counter, tested as generators are tested."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from experiments.training.counter_hash import normal_of_bits, random_bits, triple32

ELEMENTS, DRAWS = 1000, 1000
LEAST_P = 1e-4


@tf.function(jit_compile=True)
def draws(seeds):
    return tf.map_fn(lambda seed: random_bits([ELEMENTS], seed), seeds, fn_output_signature=tf.uint32)


def table(seeds):
    return draws(seeds).numpy()


@pytest.fixture(scope="module")
def tables():
    """Bits of 1,000 elements (columns) of 1,000 draws (rows), with keys that are neighbours in some way."""
    counting = np.arange(DRAWS, dtype=np.int32)
    others = np.full(DRAWS, 7, np.int32)
    ways = {"draws": (others, counting), "seeds": (counting, others), "both": (counting, counting)}
    return {name: table(np.stack(pair, axis=1)) for name, pair in ways.items()}


def test_the_hash_is_the_published_one():
    """The values come from the C function of hash-prospector, compiled."""
    values = triple32(tf.constant([1, 2, 123456789, 2**32 - 1], tf.uint32)).numpy()
    assert values.tolist() == [69681622, 4057983209, 162129505, 310335631]


@pytest.mark.parametrize("way", ["draws", "seeds", "both"])
def test_every_byte_is_uniform(tables, way):
    for shift in (0, 8, 16, 24):
        counts = np.bincount(((tables[way] >> shift) & 255).ravel(), minlength=256)
        assert stats.chisquare(counts).pvalue > LEAST_P


@pytest.mark.parametrize("way", ["draws", "seeds", "both"])
@pytest.mark.parametrize(("down", "right"), [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (0, 500), (500, 0)])
def test_neighbours_are_independent(tables, way, down, right):
    """The leading bits of two numbers, as a contingency table, for lags in elements and in draws."""
    table = tables[way] >> 28
    first, second = table[: DRAWS - down, : ELEMENTS - right], table[down:, right:]
    counts = np.bincount((first * 16 + second).ravel(), minlength=256)
    assert stats.chisquare(counts).pvalue > LEAST_P


@pytest.mark.parametrize("way", ["draws", "seeds", "both"])
def test_sums_of_rows_and_columns_spread_as_independent_numbers_do(tables, way):
    uniform = tables[way] / 2**32
    for axis in (0, 1):
        sums = (uniform.sum(axis=axis) - 500) / np.sqrt(1000 / 12)
        assert stats.kstest(sums, "norm").pvalue > LEAST_P
        assert stats.chi2(1000).sf((sums**2).sum()) == pytest.approx(0.5, abs=0.5 - LEAST_P)


def test_no_pair_of_draws_or_elements_is_correlated(tables):
    """The largest of half a million correlations is as large as it is among independent columns."""
    for table in (tables["both"], tables["draws"].T):
        correlations = np.corrcoef(table / 2**32)[np.triu_indices(1000, 1)]
        largest = np.abs(correlations).max() * np.sqrt(1000)
        assert stats.norm.sf(largest) * 2 * len(correlations) > LEAST_P


@pytest.mark.parametrize("word", [0, 1])
def test_one_bit_of_the_seed_changes_half_of_the_bits(word):
    seed = np.array([[123, 45]], np.int32)
    changes = np.zeros((31, 2), np.int32)
    changes[:, word] = 1 << np.arange(31)
    bits, changed = table(seed), table(seed ^ changes)
    shares = np.unpackbits((bits ^ changed).view(np.uint8), axis=1).mean(axis=1)
    assert (np.abs(shares - 0.5) < 5 * 0.5 / np.sqrt(ELEMENTS * 32)).all()


def test_one_bit_of_the_counter_changes_half_of_the_bits():
    bits = random_bits([1 << 16], np.array([3, 4], np.int32)).numpy()
    for bit in range(16):
        changed = np.unpackbits((bits ^ bits[np.arange(len(bits)) ^ (1 << bit)]).view(np.uint8)).reshape(-1, 32)
        assert (np.abs(changed.mean(axis=0) - 0.5) < 6 * 0.5 / np.sqrt(len(changed) / 2)).all()


def test_normals_are_the_quantiles_of_their_bits():
    edges = [0, 1, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1]
    bits = np.concatenate([edges, np.random.default_rng(0).integers(0, 2**32, 100_000)]).astype(np.uint32)
    k = (bits & 0x7FFFFFFF).astype(float)
    expected = np.where(bits >> 31, 1, -1) * special.ndtri((k + 0.5) / 2**32)
    np.testing.assert_allclose(normal_of_bits(tf.constant(bits)), expected, atol=2e-6)


def test_rare_normals_are_as_rare_as_they_should_be(tables):
    normals = np.concatenate([normal_of_bits(tf.constant(table.ravel())).numpy() for table in tables.values()])
    assert stats.kstest(normals, "norm").pvalue > LEAST_P
    for limit in (3, 4):
        beyond = int((np.abs(normals) > limit).sum())
        assert stats.binomtest(beyond, len(normals), 2 * stats.norm.sf(limit)).pvalue > LEAST_P
