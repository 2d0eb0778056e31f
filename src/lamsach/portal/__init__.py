"""The public pages: a citizen's own record, the verifier for border officers."""
