"""Which pattern of integration fits: rules as data, asked by the advisor and by the gate."""
