"""From the runs' small files to tables, figures and pages; nothing here is typed by hand."""
