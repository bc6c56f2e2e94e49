"""What a pull request does to the cluster and to the bill, read from rendered/ and environments/ alone."""
