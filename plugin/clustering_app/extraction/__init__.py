"""Items to vectors: decode, encode, and commit batch by batch."""
