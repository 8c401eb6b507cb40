"""Laws: what must hold for any rules and any events, with the slow reference as the judge."""
