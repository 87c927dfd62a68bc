"""Speech and pictures that people send: made words on this machine, by models of its own."""
