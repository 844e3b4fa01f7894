"""What ``solve size`` says: ``text`` for people, ``document`` for programs, both from the same ``facts``."""
