"""How an item is drawn: strips, charts, tables, planes, films."""
