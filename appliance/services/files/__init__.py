"""What comes and goes as files: imports, exports, and the rows between."""
