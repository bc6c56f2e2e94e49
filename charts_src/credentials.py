"""What credentials look like, so that none gets into Git."""

import re

CREDENTIAL = re.compile(
    r"(?P<aws>(AKIA|ASIA)[A-Z0-9]{16,})"
    r"|(?P<pem>-----BEGIN [^\"]*)"
    r"|(?P<huggingface>hf_[A-Za-z0-9]{20,})"
    r"|(?P<github>(gh[a-z]_|github_pat_)[A-Za-z0-9_]{20,})"
    r"|(?P<slack>xox[a-z]-[A-Za-z0-9-]{10,})"
)
"""A credential; the name of the matching group says whose it is, a key of OWNERS."""

OWNERS = {
    "aws": "an AWS access key",
    "pem": "a PEM block",
    "huggingface": "a Hugging Face token",
    "github": "a GitHub token",
    "slack": "a Slack token",
}
"""Group of CREDENTIAL -> what the credential is."""
