"""What a source and a target are, how one describes its settings, and the mapping language between them."""
