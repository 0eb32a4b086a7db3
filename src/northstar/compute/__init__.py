"""Process pools for CPU work such as comparing answers, apart from the process that waits for servers."""
