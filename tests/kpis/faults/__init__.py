"""Files with seeded faults: what the check has to find in them, and how each fault is put right."""
