"""Commands that read results and ask nobody, a module each."""
