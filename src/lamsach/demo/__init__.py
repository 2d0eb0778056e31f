"""The synthetic province: an installation filled with people who do not exist.

It fills an empty installation by the ways that a real one is filled, and shows the whole way in a
browser. Nothing outside it knows that it is a demonstration; no door is open that is shut in a
real one.
"""
