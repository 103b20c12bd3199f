"""What the web layer does for every request, whatever the page."""
