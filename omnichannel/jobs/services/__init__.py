"""What changes a job: create, claim, progress, finish, fail, cancel, retry, and the dispatcher's round."""
