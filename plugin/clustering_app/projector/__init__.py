"""A run to the screen: the Clustering tab, its map, search, selection and actions."""
