"""HTTP/1.1 as it is spoken here: everything bounded, and by turns."""
