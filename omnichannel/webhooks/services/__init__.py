"""What changes endpoints, announces events and sends them."""
