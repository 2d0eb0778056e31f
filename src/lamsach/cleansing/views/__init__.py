"""Pages of cleansing: the lists, the police desk, what leaves and comes back as files."""
