import charts_src  # noqa: F401  # before cdk8s: it says which Node cdk8s starts
