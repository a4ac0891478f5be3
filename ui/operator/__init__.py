"""What whoever runs the lab sees of it: their view, metrics, and whether it is well. Plain routes beside Streamlit's."""
