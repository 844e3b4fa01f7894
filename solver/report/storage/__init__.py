"""``solve storage``: the table, as text and as a document."""
