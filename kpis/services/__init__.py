"""What changes data: uploads, values, scorecards, weights, targets."""
