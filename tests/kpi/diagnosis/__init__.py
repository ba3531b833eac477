"""Diagnosis: causes that are planted are found, and noise is not taken for one."""
