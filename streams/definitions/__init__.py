"""Rules in the words of other systems, where these can say them."""
