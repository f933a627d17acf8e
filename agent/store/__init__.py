"""Where events are kept: SQLite by default, another database by URL."""
