"""The statistics of split tests. Pure: from counts to rates, differences, plans and a verdict."""
