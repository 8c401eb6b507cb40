"""From the bytes of records to batches of facts, without an object for each event where an event is plain."""
