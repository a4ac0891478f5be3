"""The page Tables: a row column by column, the ranking of all rows, and a table of the visitor's own."""
