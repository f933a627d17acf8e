"""A fake model: a real HTTP server on loopback that speaks OpenAI's chat protocol.

It replays recorded replies, records them from a real endpoint, and breaks them by script. It
knows nothing of interviews; what is asked and what is answered is the business of its users.
"""
