"""The documentation: pages, which read on GitHub as they stand, and the site that is built of them."""
