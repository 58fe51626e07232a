"""Documentation-based programming: a source tree, its documents, and where they disagree."""
