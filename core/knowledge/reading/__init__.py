"""From a file to passages: readers for each kind, in a child process that can do no harm."""
