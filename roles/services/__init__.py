"""The only writers of the dated organisation."""
