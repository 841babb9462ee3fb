"""A small dataset platform that really runs, for development and for a folder of images."""
