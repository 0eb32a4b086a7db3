"""One module a server type: how it is started, found ready, and stopped."""
