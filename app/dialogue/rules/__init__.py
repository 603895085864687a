"""What is decided: the scene, the rules over it in their order, and what a conversation carries from turn to turn."""
