"""Where texts and encoders come from, and how a course file becomes a TEXT table."""
