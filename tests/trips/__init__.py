"""The testing kit of journeys, and what must hold on every path of the shipped ones."""
