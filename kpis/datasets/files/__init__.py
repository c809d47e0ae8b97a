"""Files as they come: bytes, encodings, archives and workbooks into tables of text."""
