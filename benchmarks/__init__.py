"""Side-by-side measurements, to be read by people."""
