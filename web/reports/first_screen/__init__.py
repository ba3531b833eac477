"""The parts of the first screen of the reports, each read from the KPI tables by itself."""
