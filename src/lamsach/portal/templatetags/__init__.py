"""What the templates of the public pages need beyond the framework."""
