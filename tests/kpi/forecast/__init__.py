"""The forecast, on made businesses and on real deals."""
