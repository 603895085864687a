"""Knowledge: what a sales owner wrote, and finding it again."""
