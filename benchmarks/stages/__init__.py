"""How long each part of an answer takes, measured inside one process.

``timing`` holds what the drivers share; ``planner`` has one driver for each stage from text to report;
``http`` asks a running extender.
"""
