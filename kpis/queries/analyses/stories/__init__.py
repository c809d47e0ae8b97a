"""What each analysis tells, one file each."""
