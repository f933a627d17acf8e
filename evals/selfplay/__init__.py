"""Self-play: simulated candidates are interviewed, and what the interviewer did is measured."""
