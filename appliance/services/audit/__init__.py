"""Who did what: every change and every look of people leaves a line that nobody can change."""
