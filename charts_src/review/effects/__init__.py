"""What a pull request does to the cluster: what changes, which pods end, what has to be made anew.

`changes` shows fields, `bumps` versions, `restarts` the pods, `replaced` what the API server refuses to
change, and `blast` how far all of that reaches.
"""
