"""REST of the orgstages app."""
