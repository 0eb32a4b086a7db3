"""What is known of a plan before anything is asked."""
