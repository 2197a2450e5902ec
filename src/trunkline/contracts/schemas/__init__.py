"""Bare schemas by subject and number, as clients of Kafka's schema registries know them."""
