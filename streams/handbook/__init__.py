"""The pages of ``docs/reference``, written from the code that they describe.

``python -m streams.handbook`` writes them; ``tests/docs`` holds that they are up to date, and tries what they show.
"""
