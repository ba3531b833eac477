"""The journey of the comparison on other tools, each run by an interpreter that has them."""
