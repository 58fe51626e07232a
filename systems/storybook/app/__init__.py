"""A children's book application: users, characters, stories and images."""
