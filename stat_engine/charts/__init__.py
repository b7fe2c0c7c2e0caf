"""Plotly charts of the views' tables, one file for each subject.

No Streamlit here: `ui/shared/draw.py` puts a figure on a page, `report/` into a file."""
