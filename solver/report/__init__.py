"""What answers look like: facts collected once, rendered as text and as versioned JSON."""
