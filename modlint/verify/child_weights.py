"""Weights that a model would download: none are, and it keeps those that it was made with."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import _IncompatibleKeys

NOTE = "its pretrained weights were not downloaded; it ran with those that it was made with"


class Downloads:
    """Stands between the code and torch's downloads of weights; ``asked`` tells whether there was one."""

    def __init__(self) -> None:
        self.asked = False

    def spare(self) -> None:
        """Give the code that runs from now on empty weights, and let modules pass over empty weights."""
        load = nn.Module.load_state_dict

        @functools.wraps(load)
        def load_what_there_is(module: nn.Module, state_dict: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
            if self.asked and not state_dict:
                return _IncompatibleKeys([], [])
            return load(module, state_dict, *args, **kwargs)

        nn.Module.load_state_dict = load_what_there_is  # type: ignore[method-assign, assignment]
        torch.hub.load_state_dict_from_url = self._nothing

    def _nothing(self, *args: object, **kwargs: object) -> dict[str, Any]:
        self.asked = True
        return {}
