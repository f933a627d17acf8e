"""The engine that speaks with a language model: observer, speaker and grader.

It uses the authored words of the offline engine where a model's may not be said. What the
interviewer does next is not decided here.
"""
