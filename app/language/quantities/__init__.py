"""How figures of speech are read: tokens, the words of three languages as data, and small grammars over them."""
