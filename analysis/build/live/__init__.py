"""`make live`: a report that follows what is saved, in a browser on this machine alone."""
