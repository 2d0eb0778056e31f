"""Health certificates: issue, decode and verify them (HC1, EU Digital COVID Certificate).

Usable without a server and by any country. Where to begin: `decode.decode`, `verify.verify` with
`trust.TrustList`, `issue.Issuer`, `bulk.issue_many`, `pictures.read_picture`; docs/hcert.md shows
each at work. Knows no person register and no other kind of signature.
"""
