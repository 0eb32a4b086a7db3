"""How much a model is told to reason: set once, said in the words of its server and of its own template."""
