"""What runs where: the jobs that a plan becomes, and what is recorded of them."""
