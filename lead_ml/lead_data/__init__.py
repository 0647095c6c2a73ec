"""Lead data above the single cell: which leads are one person, what is known of a person, and where leads come from."""
