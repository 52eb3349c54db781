"""Reports: what is known of the data's quality, gathered once and drawn as one file a person can send around."""
