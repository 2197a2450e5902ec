"""HTTP endpoints as targets: settings, request templates, judgement of answers, and the calls themselves."""
