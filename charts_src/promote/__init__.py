"""Taking versions, and nothing else, from one environment to the next."""
