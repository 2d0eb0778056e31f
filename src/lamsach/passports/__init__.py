"""Passports (hộ chiếu vắc xin): who may have one, issuing, renewing, revoking, publishing."""
