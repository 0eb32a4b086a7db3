"""What some forty commands print and write, recorded: the same before and after the code is rearranged."""
