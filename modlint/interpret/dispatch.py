"""Tables of what is done for each kind of value or node: a room registers what it knows to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])


class ByKind(dict[type, Handler]):
    """A handler for each kind; ``@table.handles(Kind)`` stands before its function."""

    def handles(self, *kinds: type) -> Callable[[Handler], Handler]:
        """Register the function below for all of ``kinds``."""

        def register(function: Handler) -> Handler:
            self.update(dict.fromkeys(kinds, function))
            return function

        return register
