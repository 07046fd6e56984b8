"""The map: vector tiles, the base map below them, search, and edits that can be undone."""
