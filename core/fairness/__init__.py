"""Whether people are treated alike: counterfactual requests, stereotypes, parity, and what mends a gap."""
