"""Tables: how columns become numbers from 0 to 1, the tables that come with the lab, and a visitor's own."""
