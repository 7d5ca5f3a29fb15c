"""Finding a hospital in the family's own words: normalise, index, understand, answer."""
