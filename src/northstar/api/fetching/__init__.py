"""Fetches what runs need: rows, models; from the network, or from files that another machine fetched."""
