"""How well messages begin the right flow, and answers find the right option."""
