"""What `deploy/manage` does beyond management commands. Standard library only: it runs first."""
