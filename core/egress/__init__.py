"""Where this process may connect to, and the wall that holds it to that."""
