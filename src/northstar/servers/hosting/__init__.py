"""What the server types share that Northstar starts: processes that leave no orphans, health, restarts, replicas."""
