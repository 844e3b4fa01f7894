"""Public traces as instances. The files are not part of the project: the user says where they are."""
