"""Where rows come from: files of the hub at pinned revisions, Python packages, manifests, readers."""
