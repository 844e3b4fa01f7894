"""One policy held against a cluster and what is to be added: it fits, survives, has room, is clean."""
