"""What a file is: its table, its columns and its words, with stated confidence."""
