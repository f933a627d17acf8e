"""What pages say: words, addresses, tables and charts."""
