"""Signing (ký số): the facility's statement about each dose, many under one signature.

The identity statement is the register's (`lamsach.authentication`); the two are apart, so that a
corrected name needs no PIN.
"""
