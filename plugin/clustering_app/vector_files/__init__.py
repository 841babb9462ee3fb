"""Feature sets in files that other tools read and write: npy, Parquet, TensorBoard's tsv."""
