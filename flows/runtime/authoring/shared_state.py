"""What all runs of a process share, and what differs from one process to the next: neither is a run's own."""

import ast
from collections.abc import Iterator

from flows.runtime.authoring.journey_source import JourneyFunction, dotted
from flows.runtime.authoring.not_repeatable import CHANGING_METHODS, ORDER_KEPT_BY, ORDER_TAKEN_BY, Slip

Found = tuple[Slip, ast.AST, str]


def changes_of_shared_state(function: JourneyFunction) -> Iterator[Found]:
    """Where it changes a variable of its module, or what stands in one."""
    own = _own_names(function.node)
    for node in ast.walk(function.node):
        name, verb = _changed(node), "is changed"
        if isinstance(node, ast.Global):
            name, verb = ", ".join(node.names), "is given another value"
        elif name is None or name in own or name not in function.source.constants:
            continue
        yield (
            Slip.SHARED,
            node,
            f"{name} {verb} here, and is shared by all runs and changed again at each replay. Keep what a run needs to "
            "know in a variable of its own, or on the contact by `await j.set(...)`.",
        )


def _own_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Parameters and local variables."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    is_global = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    return {one.arg for one in named if one is not None} | (stored - is_global)


def _changed(node: ast.AST) -> str | None:
    """The name of what a statement or call changes in place."""
    target: ast.AST | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING_METHODS:
        target = node.func.value
    elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
        target = node.value
    return target.id if isinstance(target, ast.Name) else None


def orders_of_sets(function: JourneyFunction) -> Iterator[Found]:
    """Where the order of a set matters: it is another one in each process."""
    sets = _names_of_sets(function)
    for node in ast.walk(function.node):
        for used in _in_order(node, function):
            if _is_set(used, sets):
                yield (
                    Slip.ORDER,
                    used,
                    f"{ast.unparse(used)} is a set, whose order is another one in each process, so a replay would go "
                    "another way. Write a tuple, or sorted(...).",
                )


def _in_order(node: ast.AST, function: JourneyFunction) -> Iterator[ast.expr]:
    """Expressions whose order matters at this node."""
    if isinstance(node, ast.For | ast.AsyncFor):
        yield node.iter
    elif isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp):
        if not _order_is_kept(node, function):
            yield from (part.iter for part in node.generators)
    elif isinstance(node, ast.Call):
        called = dotted(node.func)
        joins = isinstance(node.func, ast.Attribute) and node.func.attr == "join"
        if joins or (called in ORDER_TAKEN_BY and not _order_is_kept(node, function)):
            yield from node.args
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "pop" and not node.args:
            yield node.func.value


def _order_is_kept(node: ast.expr, function: JourneyFunction) -> bool:
    """Whether it is sorted at once, or its order does not matter."""
    around = function.source.parents.get(node)
    return isinstance(around, ast.Call) and dotted(around.func) in ORDER_KEPT_BY


def _names_of_sets(function: JourneyFunction) -> set[str]:
    """Names that are given a set, in the module or here."""
    found = {name for name, value in function.source.constants.items() if _is_set(value, set())}
    for node in ast.walk(function.node):
        if isinstance(node, ast.Assign) and _is_set(node.value, found):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Assign):
            found -= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _is_set(node: ast.expr, names: set[str]) -> bool:
    """Whether it is a set with an order that varies: small whole numbers always stand in the same one."""
    if isinstance(node, ast.Set):
        return not all(isinstance(one, ast.Constant) and isinstance(one.value, int) for one in node.elts)
    if isinstance(node, ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        return dotted(node.func) in ("set", "frozenset") and bool(node.args)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub):
        return _is_set(node.left, names) or _is_set(node.right, names)
    return isinstance(node, ast.Name) and node.id in names
