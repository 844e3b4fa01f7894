"""Lint findings for people, as documents, and in the formats of CI systems and code hosts."""
