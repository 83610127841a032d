"""The API of BookedBarber V2 as its customers and staff call it."""
