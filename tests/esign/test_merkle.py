from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.esign.merkle import (
    MerkleTree,
    leaf_hash,
    node_hash,
    salted,
    verify_consistency,
    verify_inclusion,
)

SIZES = range(71)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


def tree_hash(hashes: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = max(2**power for power in range(10) if 2**power < len(hashes))
    return sha256(b"\1" + tree_hash(hashes[:k]) + tree_hash(hashes[k:])).digest()


def path(m: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1, word for word."""
    if len(hashes) == 1:
        return []
    k = max(2**power for power in range(10) if 2**power < len(hashes))
    if m < k:
        return [*path(m, hashes[:k]), tree_hash(hashes[k:])]
    return [*path(m - k, hashes[k:]), tree_hash(hashes[:k])]


def subproof(m: int, hashes: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162, 2.1.4.1, word for word."""
    if m == len(hashes):
        return [] if whole else [tree_hash(hashes)]
    k = max(2**power for power in range(10) if 2**power < len(hashes))
    if m <= k:
        return [*subproof(m, hashes[:k], whole), tree_hash(hashes[k:])]
    return [*subproof(m - k, hashes[k:], False), tree_hash(hashes[:k])]


def test_roots_are_those_of_the_reference_implementation() -> None:
    # The test leaves and roots of the reference implementation of RFC 6962.
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    data.append("606162636465666768696a6b6c6d6e6f")
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    hashes = [leaf_hash(bytes.fromhex(one)) for one in data]
    for size, root in enumerate(roots, 1):
        assert MerkleTree(b"".join(hashes[:size])).root.hex() == root
    assert MerkleTree(b"").root == sha256(b"").digest()


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_of_every_size_has_the_standards_proof_and_it_verifies(size: int) -> None:
    hashes = leaves(size)
    tree = MerkleTree(b"".join(hashes))
    assert tree.root == tree_hash(hashes)
    column = tree.inclusions()
    assert len(column) == size
    for index, leaf in enumerate(hashes):
        proof = tree.inclusion(index)
        assert proof == b"".join(path(index, hashes)) == column[index]
        assert verify_inclusion(leaf, index, size, proof, tree.root)


@pytest.mark.parametrize("size", range(1, 71))
def test_every_beginning_of_every_size_has_the_standards_proof_and_it_verifies(size: int) -> None:
    hashes = leaves(size)
    tree = MerkleTree(b"".join(hashes))
    for first in range(1, size + 1):
        proof = tree.consistency(first)
        assert proof == b"".join(subproof(first, hashes, True))
        root = tree_hash(hashes[:first])
        assert verify_consistency(first, size, root, tree.root, proof)
        assert (
            not verify_consistency(first, size, tree_hash(hashes[:first][::-1]), tree.root, proof)
            or first == 1
        )
        assert not verify_consistency(first, size, root, bytes(32), proof)
        if proof:
            changed = bytes([proof[0] ^ 1]) + proof[1:]
            assert not verify_consistency(first, size, root, tree.root, changed)
            assert not verify_consistency(first, size, root, tree.root, proof[:-32])
        assert not verify_consistency(first, size, root, tree.root, proof + bytes(32))
    for first in (0, size + 1, -1):
        with pytest.raises(ValueError, match="no proof"):
            tree.consistency(first)
        assert not verify_consistency(first, size, tree.root, tree.root, b"")


@given(size=st.integers(1, 40), data=st.data())
def test_a_change_anywhere_is_found(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    tree = MerkleTree(b"".join(hashes))
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(index)
    everything = hashes[index] + proof + tree.root
    at = data.draw(st.integers(0, len(everything) * 8 - 1))
    changed = bytearray(everything)
    changed[at // 8] ^= 1 << at % 8
    leaf, root = bytes(changed[:32]), bytes(changed[-32:])
    assert not verify_inclusion(leaf, index, size, bytes(changed[32:-32]), root)
    for other in range(size):
        if other != index:
            assert not verify_inclusion(hashes[index], other, size, proof, tree.root)
    for wrong in (proof + bytes(32), proof[:-32], proof + b"x", proof[32:], proof * 65):
        if wrong != proof:
            assert not verify_inclusion(hashes[index], index, size, wrong, tree.root)
    for place in (-1, size, size + 1):
        assert not verify_inclusion(hashes[index], place, size, proof, tree.root)


def test_a_node_does_not_pass_for_a_leaf() -> None:
    hashes = leaves(4)
    tree = MerkleTree(b"".join(hashes))
    left = node_hash(hashes[0], hashes[1])
    # Someone offers the two left children, joined, as the data of one leaf in a tree of two.
    forged = leaf_hash(hashes[0] + hashes[1])
    right = node_hash(hashes[2], hashes[3])
    assert forged != left
    assert not verify_inclusion(forged, 0, 2, right, tree.root)


def test_equal_data_under_fresh_salts_have_different_leaves() -> None:
    salts, hashes = salted([b"same"] * 50)
    parts = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    assert len(set(parts)) == len({salts[at : at + 16] for at in range(0, len(salts), 16)}) == 50
    assert parts[7] == sha256(b"\0" + salts[7 * 16 : 8 * 16] + b"same").digest()


@given(size=st.integers(1, 300), data=st.data())
def test_proofs_come_in_columns_of_any_range(size: int, data: st.DataObject) -> None:
    tree = MerkleTree(b"".join(leaves(size)))
    start = data.draw(st.integers(0, size))
    stop = data.draw(st.integers(start, size + 3))
    column = tree.inclusions(start, stop)
    expected = [tree.inclusion(index) for index in range(start, min(stop, size))]
    assert [column[row] for row in range(len(column))] == expected


def test_leaf_hashes_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MerkleTree(b"short")
    with pytest.raises(IndexError):
        MerkleTree(bytes(64)).inclusion(2)
