"""`make bench-encoder`: the sentence encoder in int8 beside its original, and beside others in speed."""
