"""Value or syntax in, record out: parameters, metrics, data, models, environment, redaction; pure."""
