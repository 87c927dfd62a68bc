"""`make fairness-demo`: a bias is planted by training, found, refused, and mended."""
