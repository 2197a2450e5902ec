"""What a record may look like: contract files, their validators, and where in a file each thing stands."""
