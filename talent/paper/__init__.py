"""Documents of a company, as DOCX, PDF and Markdown. Pure: finished texts come in, bytes go out."""
