"""Whole org charts as documents: what one holds, who leaves by it, what follows. The door is `roles.services.whole`."""
