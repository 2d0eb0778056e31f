"""Two compact sets of hashes for verifiers: a Bloom filter and a list of prefixes.

Binary forms of the EU reference (dgc-bloomfilter 1, partial variable hash list 1), big-endian, bit
for bit. Both may say yes to a hash that was never put in (with probability p), never no to one that
was. This room knows bytes, no certificates.
"""

from __future__ import annotations

import bisect
import hashlib
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from lamsach.hcert.revocation.hashes import HASH_LENGTH, RevocationError

__all__ = ["BloomFilter", "Filter", "HashList", "bloom_index"]

_BLOOM_HEADER: Final = struct.Struct(">hbbfiii")
_LIST_HEADER: Final = struct.Struct(">hfib")
_VERSION: Final = 1
_WORD: Final = 32
_MAX_WORDS: Final = 1 << 26  # a quarter of a gigabyte
_SMALLEST_PREFIX: Final = 4
_BITS_PER_LOG: Final = math.log(1 / 2 ** math.log(2))


class Filter(Protocol):
    """A set of hashes that may err towards yes."""

    def __contains__(self, element: bytes) -> bool:
        """Whether the element may be in the set."""
        ...

    def to_bytes(self) -> bytes:
        """The binary form."""
        ...


def bloom_index(element: bytes, number: int, bits: int) -> int:
    """The bit that hash function `number` gives an element in a filter of so many bits.

    SHA-256 of the element and one more byte, as a signed big-endian number, modulo the bits.

    >>> bloom_index(b"\\x0b", 1, 100)
    75
    """
    digest = hashlib.sha256(element + bytes((number & 0xFF,))).digest()
    return int.from_bytes(digest, "big", signed=True) % bits


@dataclass(slots=True)
class BloomFilter:
    """A Bloom filter; `k` hash functions, made for `capacity` elements at probability `p`.

    >>> bloom = BloomFilter.of([b"a", b"b"], p=1e-12)
    >>> b"a" in BloomFilter.from_bytes(bloom.to_bytes()), b"c" in bloom
    (True, False)
    """

    k: int
    p: float
    capacity: int
    count: int
    bits: bytearray

    @classmethod
    def empty(cls, capacity: int, p: float) -> BloomFilter:
        """A filter sized as the reference sizes it, so that the bytes are the same."""
        if capacity < 1 or not 0 < p < 1:
            raise RevocationError("a filter is made for at least one element and 0 < p < 1")
        p = struct.unpack(">f", struct.pack(">f", p))[0]
        needed = math.ceil(capacity * math.log(p) / _BITS_PER_LOG) // 8 + 1
        words = needed // 4 + needed % 4  # the reference's rounding; it costs at most 9 bytes
        k = max(1, math.floor(words * _WORD / capacity * math.log(2) + 0.5))
        if k > 127 or words > _MAX_WORDS:
            raise RevocationError("the filter would be too large: use more slices or a larger p")
        return cls(k, p, capacity, 0, bytearray(4 * words))

    @classmethod
    def of(cls, elements: Iterable[bytes], p: float) -> BloomFilter:
        """A filter of just these elements (at least one)."""
        known = list(elements)
        made = cls.empty(len(known), p)
        for element in known:
            made.add(element)
        return made

    def _places(self, element: bytes) -> Iterable[tuple[int, int]]:
        bits = 8 * len(self.bits)
        for number in range(self.k):
            index = bloom_index(element, number, bits)
            yield index >> 3, 0x80 >> (index & 7)  # bits count from the left

    def add(self, element: bytes) -> None:
        """Put an element in; beyond `capacity` the filter errs more often than p."""
        for place, mask in self._places(element):
            self.bits[place] |= mask
        self.count += 1

    def __contains__(self, element: bytes) -> bool:
        return all(self.bits[place] & mask for place, mask in self._places(element))

    def to_bytes(self) -> bytes:
        """Version, k, hash function, p, capacity, count, number of words, words.

        k stands before the hash function, as the reference's code writes them; its readme has the
        two the other way round.
        """
        words = len(self.bits) // 4
        header = _BLOOM_HEADER.pack(_VERSION, self.k, 0, self.p, self.capacity, self.count, words)
        return header + bytes(self.bits)

    @classmethod
    def from_bytes(cls, data: bytes) -> BloomFilter:
        """Read a filter, in the readme's order of the header too; raises RevocationError."""
        if len(data) < _BLOOM_HEADER.size:
            raise RevocationError("the Bloom filter ends within its header")
        version, k, function, p, capacity, count, words = _BLOOM_HEADER.unpack_from(data)
        if k == 0:  # no filter has none: written in the readme's order
            k, function = function, k
        bits = data[_BLOOM_HEADER.size :]
        if version != _VERSION or function != 0:
            raise RevocationError("the Bloom filter has a version or hash function not known here")
        if k < 1 or words < 1 or capacity < 0 or count < 0:
            raise RevocationError("the Bloom filter's header makes no sense")
        if len(bits) != 4 * words:
            raise RevocationError("the Bloom filter is shorter or longer than its header says")
        return cls(k, p, capacity, count, bytearray(bits))


@dataclass(slots=True)
class HashList:
    """Sorted prefixes of hashes, as long as the probability asks for.

    >>> hashes = [bytes([n]) * 16 for n in (9, 200, 3)]
    >>> listed = HashList.of(hashes, p=1e-6)
    >>> listed.size, hashes[1] in HashList.from_bytes(listed.to_bytes()), bytes(16) in listed
    (4, True, False)
    """

    p: float
    size: int
    prefixes: list[bytes]

    @classmethod
    def of(cls, hashes: Iterable[bytes], p: float, *, known_bits: int = 0) -> HashList:
        """The prefixes of these hashes, long enough that n of them meet a stranger with p.

        `known_bits` are those that all hashes of the slice share (4 a hex character of its chunk
        and partition) and that therefore tell nothing apart.
        """
        whole = set(hashes)
        if not whole or not 0 < p < 1:
            raise RevocationError("a hash list holds at least one hash, and 0 < p < 1")
        bits = math.log2(len(whole) / p) + known_bits
        size = min(HASH_LENGTH, max(_SMALLEST_PREFIX, math.ceil(bits / 8)))
        return cls(p, size, sorted({entry[:size] for entry in whole}))

    def _has(self, prefix: bytes) -> bool:
        place = bisect.bisect_left(self.prefixes, prefix)
        return place < len(self.prefixes) and self.prefixes[place] == prefix

    def __contains__(self, element: bytes) -> bool:
        prefix = element[: self.size]
        if self._has(prefix):
            return True
        # The reference writes a prefix as a signed number without its leading FF bytes and fills up
        # with zeros. Such a list must not lose the few hashes that begin so.
        short = prefix
        while len(short) > 1 and short[0] == 0xFF and short[1] >= 0x80:
            short = short[1:]
        return short != prefix and self._has(short.rjust(self.size, b"\0"))

    def to_bytes(self) -> bytes:
        """Version, p, number of elements, length of a prefix, prefixes in ascending order."""
        header = _LIST_HEADER.pack(_VERSION, self.p, len(self.prefixes), self.size)
        return header + b"".join(self.prefixes)

    @classmethod
    def from_bytes(cls, data: bytes) -> HashList:
        """Read a list in whatever order it comes; raises RevocationError."""
        if len(data) < _LIST_HEADER.size:
            raise RevocationError("the hash list ends within its header")
        version, p, _, size = _LIST_HEADER.unpack_from(data)
        body = data[_LIST_HEADER.size :]
        if version != _VERSION or not 1 <= size <= 32:
            raise RevocationError("the hash list has a version or prefix length not known here")
        if not body or len(body) % size:
            raise RevocationError("the hash list ends within a prefix")
        prefixes = sorted({body[at : at + size] for at in range(0, len(body), size)})
        if size > HASH_LENGTH:
            prefixes, size = sorted({entry[:HASH_LENGTH] for entry in prefixes}), HASH_LENGTH
        return cls(p, size, prefixes)
