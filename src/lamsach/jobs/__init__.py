"""Jobs (công việc nền): work that goes on when the page is closed.

A job is committed with the action that asks for it; its steps commit their effect and how far they
are together. This room knows no job by name.
"""
