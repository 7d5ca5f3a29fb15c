"""What every reader of ours that may be read from any place has in common."""

import io
import os


class Positioned(io.RawIOBase):
    """Knows its `size` in bytes and its `_position`; whoever inherits it reads from there."""

    size: int
    _position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            # Only who asks for the end: to know it may be to read all of it.
            base = self.size
        else:
            base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._position = base + offset
        return self._position
