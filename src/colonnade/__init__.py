"""The database layer. The public names arrive here as the rooms are built."""
