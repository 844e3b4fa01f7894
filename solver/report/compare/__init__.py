"""``solve compare``, rendered as text, as a document and as rows."""
