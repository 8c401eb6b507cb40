"""What segments bring and how they fare: figures of weeks, alerts, trials and health, as tables and as a page."""
