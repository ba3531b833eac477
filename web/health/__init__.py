"""Whether everything that Tend needs is there, for programs and for people."""
