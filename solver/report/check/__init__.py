"""What a policy came to: for people, as a document, and for CI systems and code hosts."""
