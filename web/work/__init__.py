"""My work: the page on which a salesperson works, behind one standing link."""
