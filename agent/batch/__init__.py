"""Grading many answers: what comes in, who grades it, what is kept, what comes out."""
