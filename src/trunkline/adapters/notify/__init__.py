"""Ways to people: signed webhooks, and the services that Apprise knows."""
