"""The console command `mtbert`: a file for each of its commands."""
