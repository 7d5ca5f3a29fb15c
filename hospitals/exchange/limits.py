"""How much a file of listings may hold, and how it is refused: shared by all that read one."""

MAX_ROWS = 2_000
MAX_COLUMNS = 100
MAX_CELL = MAX_FIRST_LINE = 20_000
# Of all cells together: a workbook may name one long text in every cell.
MAX_LETTERS = 10_000_000
FORMULA, ERROR = "formula", "error"


class Refusal(Exception):
    """The file as a whole cannot be used: a code, and the row where that is known."""

    def __init__(self, code: str, number: int = 0):
        super().__init__(code)
        self.code, self.number = code, number
