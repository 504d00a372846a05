"""The small, boring floor: errors, parameters, tasks, tables, seeds, environment."""
