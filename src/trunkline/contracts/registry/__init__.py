"""Which versions of a contract there are: what may become one, where each stands, who said so and why."""
