"""Administration: setting an installation up and keeping it: officers, offices, campaigns.

The administrator's pages and commands, and the ministry's page of campaigns. They see accounts and
reference tables; no person and no dose is ever read here.
"""
