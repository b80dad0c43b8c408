"""The report of a campaign: folder (what is read), words (numbers in HTML), drawing (style of all figures), figures by
subject (arrhenius, compare, transport, structure, scattering, runs), sections (text and tables), page (HTML)."""
