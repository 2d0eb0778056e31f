"""Electronic signatures: keys, certificates, batches signed once, time stamps, a public log."""
