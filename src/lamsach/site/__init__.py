"""The front door of the web: settings, addresses, base page, and the database that comes along.

Importing the package loads no framework, so that `lamsach --help` stays quick.
"""
