"""Charts: frames of the views in, Plotly figures out; one file a subject.

No Streamlit here: `ui/shared/draw.py` puts a figure on a page, `report/` into a file."""
