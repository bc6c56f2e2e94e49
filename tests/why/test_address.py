import pytest

from charts_src.diff.fields import field_changes
from charts_src.errors import UserError
from charts_src.helm.fields import MISSING
from charts_src.why.address import at, nearest, steps, written

BODY = {
    "metadata": {"name": "web", "labels": {"app.kubernetes.io/name": "web"}},
    "spec": {
        "replicas": 2,
        "containers": [{"name": "a", "image": "x:1"}, {"name": "b.c", "args": ["--one", "--two"]}],
        "ports": [{"containerPort": 80}],
    },
    "data": {"a.yaml": "one:\n  two: 3\n"},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.replicas", 2),
        ("spec.containers[name=a].image", "x:1"),
        ("spec.containers[name=b.c].args[1]", "--two"),
        ("spec.containers[0].image", "x:1"),
        ("spec.ports[containerPort=80].containerPort", 80),
        ('metadata.labels["app.kubernetes.io/name"]', "web"),
        ('data["a.yaml"] | one.two', 3),
        ("spec.containers[name=b.c].args[]", ["--one", "--two"]),
        ("spec.containers[name=b.c].args (order)", ["--one", "--two"]),
        ("spec.containers[7]", MISSING),
        ("spec.containers[name=z]", MISSING),
        ("spec.replicas.x", MISSING),
        ("spec.replicas | x", MISSING),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: object) -> None:
    assert at(BODY, steps(path)) == value


@pytest.mark.parametrize(
    "path", ["spec.containers[name=a].image", 'data["a.yaml"] | one.two', "a[0].b", 'a["b c"][d=e].f']
)
def test_a_path_is_written_as_it_was_read(path: str) -> None:
    assert written(steps(path)) == path


def test_every_path_of_a_diff_leads_to_what_the_diff_shows() -> None:
    other = {
        "metadata": {"name": "web", "labels": {"app.kubernetes.io/name": "www"}},
        "spec": {
            "replicas": 3,
            "containers": [{"name": "a", "image": "x:2"}, {"name": "b.c", "args": ["--one", "--three"]}],
            "ports": [{"containerPort": 80, "protocol": "TCP"}],
        },
        "data": {"a.yaml": "one:\n  two: 4\n"},
    }
    changes = [*field_changes(BODY, other)]
    assert len(changes) == 6
    assert [at(other, steps(change.path)) for change in changes] == [change.new for change in changes]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("spec.replica", "did you mean spec.replicas?"),
        ("image", "did you mean spec.containers[name=a].image?"),
        ("spec.containers[name=aa]", "did you mean spec.containers[name=a]?"),
        ("spec.containers[9]", "there are spec.containers[name=a], spec.containers[name=b.c]"),
        ("spec.replicas.x", "spec.replicas has no fields"),
    ],
)
def test_the_nearest_field_is_named(path: str, words: str) -> None:
    assert nearest(BODY, steps(path)) == words


def test_what_is_no_path_is_refused_where_it_stops_being_one() -> None:
    message = r"^spec\.\.x: is no path from '\.\.x' on; write it as spec\.template\.spec\.containers"
    with pytest.raises(UserError, match=message):
        steps("spec..x")
