"""What contacts are recognised by: the only place that writes the table `identifier`."""
