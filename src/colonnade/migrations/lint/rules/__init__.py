"""One rule a file; each is found by its being here."""
