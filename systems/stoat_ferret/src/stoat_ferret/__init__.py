"""A video editor's catalogue: projects, videos and clips in a database."""
