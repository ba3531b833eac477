"""The tables, one file each and nothing else."""
