"""A project as its readers see it, and that in the words of other tools: AsyncAPI, JSON Schema, Markdown."""
