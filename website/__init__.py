"""The documentation site: what ``mkdocs build`` reads is put together here from the project's own files."""
