"""Commands about scores: trying rules on the past, the decay, the predictive model."""
