"""What runs on the distributed engine: `./run test --cluster` brings Java and pyspark and runs these."""
