"""Questions with short answers, many of them graded by a judge."""
