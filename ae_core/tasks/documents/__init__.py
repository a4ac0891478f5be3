"""Documents: what is near to a document or a sentence by code, LSA or all words, and what the numbers of a code mean."""
