"""Who may speak in the emulated model's place: a person through a folder, or a real model through llama.cpp."""
