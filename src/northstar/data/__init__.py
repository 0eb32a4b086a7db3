"""Where rows come from: hub files at pinned revisions, manifests, readers."""
