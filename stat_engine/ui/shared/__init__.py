"""What several pages use: cached views, the frame, charts and tables, words, and work that is started.

What one page alone uses is in that page's folder."""
