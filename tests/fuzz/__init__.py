"""Wild input for what reads bytes: both readers of events, the loader of rules, the reader of changelogs.

Some hundred rounds of each in the suite; ``scripts/fuzz --minutes N`` goes on for long, led by coverage where atheris
is installed. What may come out is only what is documented, and what is taken survives a round trip.
"""
