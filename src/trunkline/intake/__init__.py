"""From arrival to stored event: authenticate, decode, validate, identify, append, answer."""
