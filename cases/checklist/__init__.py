"""What papers doctors want, in words and as tables, and the letter that asks for them. A leaf."""
