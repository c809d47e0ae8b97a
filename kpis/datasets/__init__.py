"""The data door: any retail export in (CSV, workbook), every problem at once, canonical Parquet parts out. Pure."""
