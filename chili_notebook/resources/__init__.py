"""What the environment holds, one noun a module."""
