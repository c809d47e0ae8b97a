"""Reports of the stages app on paper. Pure: texts come in the reader's language, pages go out."""
