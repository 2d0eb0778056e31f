"""Accounts: officers, the posts they hold, how they sign in, and the gate to what they may see.

The gate knows offices and units; what lies in a unit (persons, doses, lists) is for the floors
above, which ask it in their `queries.py`.
"""
