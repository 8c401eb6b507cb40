"""The language model: what it is told (counts only), what it may answer, and what of it is taken.

``payload.py`` makes the one data block out of evidence and candidates, ``answers.py`` reads what comes back; only
``streams.language`` knows the network. Nothing that the model says is believed: rules go through the loader and are
measured, texts are checked, names are only those of the data block.
"""
