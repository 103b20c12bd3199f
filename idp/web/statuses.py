"""Which HTTP status each refusal is: one table for pages and for the API."""

from idp import errors

STATUS: tuple[tuple[type[errors.Refusal], int], ...] = (
    (errors.CsrfFailed, 403),
    (errors.Forbidden, 403),
    (errors.PolicyRefused, 403),
    (errors.NotFound, 404),
    (errors.StaleVersion, 412),
    (errors.TooManyAttempts, 429),
    (errors.Unavailable, 503),
    (errors.Unsealable, 500),
    (errors.Misconfigured, 500),
)


def of_refusal(refusal: errors.Refusal) -> int:
    """Returns the status of a refusal; what is in no row was a bad request."""
    return next((code for kind, code in STATUS if isinstance(refusal, kind)), 400)
