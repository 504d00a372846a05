"""Shared basics: errors, params, tasks, tables, seeds, environment."""
