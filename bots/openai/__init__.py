"""The model behind OpenAI's HTTP interface, for other tools on the same machine or network."""
