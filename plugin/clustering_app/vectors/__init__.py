"""The feature store: item ids and vectors in Zarr, one Icechunk repository per dataset."""
