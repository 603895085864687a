"""Load tests: Locust customers against the service, a gate with a budget, a report, and measuring a card."""
