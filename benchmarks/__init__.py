"""Benchmarks: speed and correctness of the real command on nations that no one lives in.

`python -m benchmarks small|national`. Every command that is measured runs in a child
process; the floor, the truth and the peer beside it are measured in the same run. Nothing here is
part of the product, and no test asserts a time.
"""
