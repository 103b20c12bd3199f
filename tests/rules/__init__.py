"""Tables for the rules: values in, answers out, no fixtures."""
