"""Tables: which rows a model finds strange, by which columns, and how its ranking compares with other methods'."""
