"""GGUF files of models on the Hugging Face Hub: which one is meant, at which commit, and its way here."""
