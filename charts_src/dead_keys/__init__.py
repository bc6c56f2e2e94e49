"""Keys of environments/ that change nothing: said already elsewhere, or read by nobody."""
