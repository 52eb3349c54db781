"""What is told to people when something is wrong: found in the facts, put into words, delivered, each thing once."""
