"""What a change does to the objects in the cluster, as against what it does to the text of the files."""
