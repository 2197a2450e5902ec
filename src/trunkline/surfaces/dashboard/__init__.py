"""The control room: pages about a running project, and forms that change it, at ``/control`` of its door."""
