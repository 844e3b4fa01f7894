"""``solve outage``: facts for reports, as text and as a document."""
