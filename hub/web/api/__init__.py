"""The shell around the API: language, idempotency, rate limits, ETags, its description and the page that shows it."""
