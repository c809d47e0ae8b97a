"""The pages of analyses and their lists of customers."""
