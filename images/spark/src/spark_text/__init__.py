"""The steps of the text pipeline: read, clean, tokenise and pack, publish."""
