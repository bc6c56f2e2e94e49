// Command yamlread shows how the Go YAML reader of Kubernetes understands a text.
//
// It reads NUL-separated YAML documents from standard input and prints one line
// of JSON for each. The first document that cannot be read ends it with exit
// status 1 and the document's index, counted from 0, on standard error.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	if err := convert(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// convert writes the JSON of each document in source to target, a line each.
// A key that is given twice is an error, as it is to kubectl --validate=strict.
func convert(source io.Reader, target io.Writer) error {
	text, err := io.ReadAll(source)
	if err != nil {
		return err
	}
	lines := bufio.NewWriter(target)
	for index, document := range bytes.Split(text, []byte{0}) {
		json, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			lines.Flush()
			return fmt.Errorf("document %d: %w", index, err)
		}
		fmt.Fprintf(lines, "%s\n", json)
	}
	return lines.Flush()
}
