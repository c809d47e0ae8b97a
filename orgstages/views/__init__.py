"""Pages of the orgstages app."""
