"""The Faust shell: app, transport, agents, checkpoint, recovery."""
