"""Scans (DICOM): what is on a disc, what is missing, and a copy without names. No models."""
