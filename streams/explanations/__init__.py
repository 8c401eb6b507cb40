"""Why a customer is in a segment or not, since when and until when, and what is missing: as JSON and in words."""
