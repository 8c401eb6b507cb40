"""What happened: the native event vocabulary, its decoding and its refusals."""
