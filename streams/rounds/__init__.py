"""Rounds of discovery over live customers: one at a time in all the cluster, by hand or by the leading worker.

A round reads the workers' own record of their rows, the changelog, as whoever takes a partition over does, in a process
of its own. So no worker is asked anything or does anything for it, it is the same with one worker, many or none, and
what leaves that process is counts.
"""
