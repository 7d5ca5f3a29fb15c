"""Listings as a spreadsheet and back. docs/exchange.md describes the columns and the rules."""
