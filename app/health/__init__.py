"""What the machine knows of its own state: the GPU, the parts a turn needs, and the host under them."""
