"""What the documentation prints, and what the program answers."""
