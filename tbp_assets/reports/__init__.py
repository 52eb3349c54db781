"""Reports: what is known of the data's quality, gathered once, drawn and written as one file a person can send around."""
