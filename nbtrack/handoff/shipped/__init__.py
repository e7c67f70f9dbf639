"""What goes into each bundle as it stands: these modules know nothing of nbtrack, and need the standard library only.

The model's own libraries are imported once a model of theirs is to be loaded.
"""
