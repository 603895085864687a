"""What the messages of a conversation come to: what he wants of all that is sold, how many of it, what he does not."""
