"""The process that reads hostile bytes: little memory, little time, no keys of ours, no Django.

Standard input: one JSON line with the limits, the task's name and its order;
what follows is for the task. Standard output: the task's answer as JSON. See
`sandbox`, which starts it.
"""

import json
import resource
import sys
from importlib import import_module

# What may be run: a module and its function, which takes the order and answers with JSON.
TASKS = {
    "judge": ("cases.records.child", "verdict"),
    "derive": ("cases.records.derive_child", "carry_out"),
    "table": ("hospitals.exchange.parsing", "carry_out"),
    "limits": ("portal.sandbox_worker", "tell_limits"),
}
LIMITED = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_NOFILE")


def main() -> None:
    order = json.loads(sys.stdin.buffer.readline())
    set_limits(order["limits"])
    answer = find_task(order["task"])(order["order"])
    sys.stdout.write(json.dumps(answer))


def set_limits(limits: dict[str, int]) -> None:
    """Raises KeyError when one is left out: nothing is read without all of them."""
    for name in LIMITED:
        value = limits[name]
        # At the first the kernel says why it ends the process, a second later it insists.
        hard = value + 1 if name == "RLIMIT_CPU" else value
        resource.setrlimit(getattr(resource, name), (value, hard))


def find_task(name: str):
    module, function = TASKS[name]
    return getattr(import_module(module), function)


def tell_limits(_order: dict) -> dict:
    """What the kernel holds this process to."""
    return {name: resource.getrlimit(getattr(resource, name))[0] for name in LIMITED}


if __name__ == "__main__":
    main()
