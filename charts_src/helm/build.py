"""Environments -> charts, each learned in a process of its own and kept for as long as nothing changes it."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from charts_src import CACHE, cache, fingerprint
from charts_src.helm.chart import Chart, Versions, chart
from charts_src.helm.experiments import data_of, experiments, held_out
from charts_src.helm.learn import learn
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.registry import COMPONENTS
from charts_src.units import composed

_FOLDER = CACHE / "charts"


def charts(
    environments: Mapping[str, Environment],
    version: str,
    say: Callable[[str, int], None] = lambda _name, _of: None,
) -> dict[str, Chart]:
    """Make the charts of all components, by name.

    `say` gets the name of each chart that is done, and how many there are. Raises UserError where no
    template gives what the environments have.
    """
    wanted = [each for each in COMPONENTS if any(each.enabled(env) for env in environments.values())]
    shared = fingerprint.of_shared_code(each.__module__ for each in COMPONENTS)
    values = "\0".join(env.model_dump_json() for env in environments.values())
    paths = {
        each.name: _FOLDER / f"{each.name}-{_key(each, shared, values, version)}.json" for each in wanted
    }
    found = {name: Chart.from_json(text) for name, path in paths.items() if (text := cache.read(path))}
    due = [each for each in wanted if each.name not in found]
    for name in found:
        say(name, len(wanted))
    if due:
        workers = min(len(due), os.cpu_count() or 1)
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:  # Node can't be forked
            jobs = [pool.submit(_made, each.name, dict(environments), version) for each in due]
            for job in as_completed(jobs):
                if job.exception():
                    pool.shutdown(cancel_futures=True)
                one = job.result()
                found[one.name] = one
                cache.write(paths[one.name], one.to_json())
                say(one.name, len(wanted))
    return {each.name: found[each.name] for each in wanted}


def _key(component: type[Component], shared: str, values: str, version: str) -> str:
    parts = [shared, fingerprint.of_module(component.__module__), component.name, values, version]
    return fingerprint.of_text("\0".join(parts))[:32]


def _made(name: str, environments: Mapping[str, Environment], version: str) -> Chart:
    component = next(each for each in COMPONENTS if each.name == name)
    having = {env.name: env for env in environments.values() if component.enabled(env)}
    learned = learn(list(experiments(component, environments)), list(held_out(component, environments)))
    versions = Versions(version, _app_version(component, next(iter(having.values())), version))
    data = {name: data_of(env) for name, env in having.items()}
    return chart(component, learned, data, versions, optional=len(having) < len(environments))


def _app_version(component: type[Component], env: Environment, version: str) -> str:
    """Give the version of the upstream program that a component is; that of the chart where it is our own."""
    found = composed(component, env).versions()
    return next(iter(found.values())) if len(found) == 1 else found.get(component.name, version)
