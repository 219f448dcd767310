"""Which variables of the environment reach the processes that run models."""

from __future__ import annotations

import re
from collections.abc import Mapping

_DEVICES = "CUDA_VISIBLE_DEVICES CUDA_DEVICE_ORDER CUDA_MODULE_LOADING HIP_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES"
_OF_DEVICES = frozenset(_DEVICES.split()) | {"CUDA_LAUNCH_BLOCKING"}
_OF_TORCH = re.compile(r"LC_.*|LANG|PATH|PYTHONPATH|LD_LIBRARY_PATH|OMP_NUM_THREADS|TZ")
_DEFAULTS = {
    "CUDA_LAUNCH_BLOCKING": "1",  # an error of the device is raised at its own line
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait take the cores of the others
}


def for_torch(variables: Mapping[str, str]) -> dict[str, str]:
    """What torch needs to be imported, and no key or token."""
    passed = {name: value for name, value in variables.items() if name in _OF_DEVICES or _OF_TORCH.fullmatch(name)}
    return {**_DEFAULTS, **passed}


def for_models(variables: Mapping[str, str]) -> dict[str, str]:
    """Which of the devices may be used, and how: the driver asks for it when the model first uses one."""
    return {name: value for name, value in variables.items() if name in _OF_DEVICES}
