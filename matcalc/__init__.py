"""Matrix and tensor derivatives, each one verified."""
