"""Writes a plan for people."""

import shlex

from charts_src.steps.plan import Check, Plan, Step


def text(plan: Plan) -> str:
    """List the steps of a plan and their commands."""
    title = f"{plan.plan} of {plan.cluster} (environment {plan.environment}): {len(plan.steps)} steps"
    lines = [title, ""]
    for number, step in enumerate(plan.steps, 1):
        lines += _step(number, step)
    for heading, listings in (("Nothing of this may be left:", plan.proof), ("Kept:", plan.kept)):
        if listings:
            lines += [heading, *(f"    {each.what}: {shlex.join(each.run)}" for each in listings), ""]
    return "\n".join(lines)


def _step(number: int, step: Step) -> list[str]:
    lines = [f"{number:2} {step.name}: {step.why}"]
    lines += [f"    done when  {_check(check)}" for check in step.done]
    lines += [f"    for each   {shlex.join(step.each)}"] if step.each else []
    lines += [f"    $ {shlex.join(command)}" for command in step.run]
    lines += [f"    wait until {_check(wait)} ({wait.seconds} s)" for wait in step.wait]
    lines += [f"    see that   {_check(step.check)}"] if step.check else []
    return [*lines, ""]


def _check(check: Check) -> str:
    prints = {None: "", "": " prints nothing"}.get(check.prints, f" prints {check.prints}")
    return shlex.join(check.run) + prints
