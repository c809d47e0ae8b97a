"""What `./run bench statements` does in processes of its own: a month is made, then paid."""
