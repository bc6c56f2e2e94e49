"""Which decision of an environment a rendered field comes from, and which line of a construct writes it."""
