"""Asks a server: connections, pace, retries, what it lets itself be asked."""
