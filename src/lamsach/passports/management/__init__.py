"""Management commands of passports."""
