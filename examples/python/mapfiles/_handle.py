# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the library made and must release: once, and never while it is used.

ctypes lets other threads run while it is in the library, and a signal handler or a
progress function may call back. The library wants one thread at a time, so whoever comes
second gets a RuntimeError, as with a generator that is already executing. Nobody waits,
so nothing can deadlock.
"""
import threading
from types import TracebackType
from typing import Any, Callable, Optional, Type, TypeVar

T = TypeVar("T", bound="Handle")


class _Use:
    def __init__(self, handle: "Handle", alone: bool) -> None:
        self._handle, self._alone = handle, alone

    def __enter__(self) -> int:
        return self._handle._begin(self._alone)

    def __exit__(self, *_: object) -> None:
        self._handle._end(self._alone)


class Handle:
    """A context manager; closed at its end, by close(), or when nothing refers to it."""

    _pointer: Optional[int] = None

    def __init__(self, pointer: int, release: Callable[[int], Any]) -> None:
        self._release = release
        self._readers = 0
        self._taken = False
        # For the two words above alone. Reentrant: a signal may come in between.
        self._lock = threading.RLock()
        self._pointer = pointer

    def _begin(self, alone: bool) -> int:
        with self._lock:
            if self._pointer is None:
                raise ValueError("operation on closed %s" % type(self).__name__)
            if self._taken or (alone and self._readers):
                raise RuntimeError("%s is in use elsewhere" % type(self).__name__)
            if alone:
                self._taken = True
            else:
                self._readers += 1
            return self._pointer

    def _end(self, alone: bool) -> None:
        with self._lock:
            if alone:
                self._taken = False
            else:
                self._readers -= 1

    def _reading(self) -> _Use:
        return _Use(self, alone=False)

    def _alone(self) -> _Use:
        return _Use(self, alone=True)

    @property
    def closed(self) -> bool:
        return self._pointer is None

    def close(self) -> None:
        """Release it. What was copied from it stays. Closing twice is fine."""
        with self._lock:
            if self._pointer is None:
                return
            pointer = self._begin(alone=True)
            self._pointer = None
            self._taken = False
        self._release(pointer)

    def __enter__(self: T) -> T:
        if self._pointer is None:
            raise ValueError("operation on closed %s" % type(self).__name__)
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    def __del__(self) -> None:
        # A use that was interrupted between its first and its last step holds nothing any more.
        if self._pointer is not None:
            pointer, self._pointer = self._pointer, None
            self._release(pointer)

    def __copy__(self) -> Any:
        raise TypeError("%s cannot be copied" % type(self).__name__)

    def __deepcopy__(self, memo: Any) -> Any:
        self.__copy__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.__copy__()
