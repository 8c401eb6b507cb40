"""What marketing ops wrote: the model of a rule, loading with places, compiling to arrays."""
