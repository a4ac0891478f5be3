"""Small browser-side components (Streamlit components v2: no npm, no iframe)."""
