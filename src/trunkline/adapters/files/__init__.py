"""The watched folder: files that another system drops become arrivals, line by line."""
