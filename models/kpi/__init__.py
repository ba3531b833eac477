"""KPIs: the facts they are counted from, the tables that reports read, and what each of them means."""
