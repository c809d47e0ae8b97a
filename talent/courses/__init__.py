"""Pure: who needs which course, what training has changed, a certificate on paper."""
