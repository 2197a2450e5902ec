"""The gate: what a flow has to have before it runs, as rules."""
