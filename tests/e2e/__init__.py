"""The product as it runs: real processes, real browser, real clicks."""
