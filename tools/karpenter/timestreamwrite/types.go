// Package timestreamwrite stands in for AWS's, which is not to be had from every mirror: Karpenter v1.15.1 names
// three of its types in an interface for its own tests (pkg/aws/sdk.go), and calls nothing of it.
package timestreamwrite

type (
	Options            struct{}
	WriteRecordsInput  struct{}
	WriteRecordsOutput struct{}
)
