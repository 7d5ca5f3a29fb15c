"""The one door for state: nothing else writes a case."""

from cases.actions.core import ActionRefusedError, ChangedMeanwhileError

__all__ = ["ActionRefusedError", "ChangedMeanwhileError"]
