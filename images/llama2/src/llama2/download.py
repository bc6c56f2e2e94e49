"""Fetches the tokenizer; does nothing when all of it is there."""

from pathlib import Path

from genai import errors, sources
from llama2 import tokenizers
from llama2.arguments import Parser


def main() -> None:
    """Read the command line and fetch."""
    parser = Parser(prog="python -m llama2.download", description=__doc__)
    parser.add_argument("--source", required=True, help="s3://<bucket>/<prefix>, <owner>/<name> or a path")
    parser.add_argument("--output", required=True, type=Path, help="folder of the tokenizer")
    options = parser.parse_args()
    found = sources.fetch(options.source, options.output, patterns=tokenizers.PATTERNS)
    tokenizers.load(found)
    if found != options.output:
        sources.upload(found, str(options.output.absolute()))
    print(f"{options.output}: tokenizer {tokenizers.fingerprint(options.output)[:12]}")


if __name__ == "__main__":
    errors.run(main)
