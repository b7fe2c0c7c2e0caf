"""What several pages use: cached views, the frame, text, charts on a page, work that is started.

Parts of one page stay in that page's folder."""
