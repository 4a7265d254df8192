"""One script on several processes, through each framework's own engine: start, watch, end."""
