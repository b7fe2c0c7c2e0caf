"""Charts: frames of the views in, Plotly figures out; one file a subject."""
