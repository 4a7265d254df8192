"""What is the same in every framework, written once. Nothing here imports a framework."""
