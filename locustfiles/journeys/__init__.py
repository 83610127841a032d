"""Journeys: what people do, from coming to leaving. Pure code over a Visit; the locust files name who walks them."""
