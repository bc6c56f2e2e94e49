"""The mutator makes the mistakes that it names, and only those."""

import random
from copy import deepcopy

import pytest

from charts_src.objects import Body
from tests.mutation.mutate import COMMENTS, KINDS, mutants
from tests.objects import thing

SPEC = {
    "replicas": 2,
    "serviceAccountName": "account",
    "url": "http://account.shop.svc:80",
    "resources": {"requests": {"memory": "1Gi"}},
    "description": "for people",
}


def tree(count: int = 30) -> dict[str, Body]:
    files = {f"a/{number}.yaml": thing("Web", f"w{number}", "shop", spec=SPEC) for number in range(count)}
    names = {"a/account.yaml": thing("Account", "account"), "a/shop.yaml": thing("Namespace", "shop")}
    return deepcopy(files | names)


def test_the_same_seed_gives_the_same_mutants_and_another_one_others() -> None:
    assert mutants(tree(), 50, 1) == mutants(tree(), 50, 1)
    assert mutants(tree(), 50, 1) != mutants(tree(), 50, 2)


def test_one_more_object_moves_few_mutants() -> None:
    before = {each.name for each in mutants(tree(), 50, 1)}
    after = {each.name for each in mutants(tree() | {"b/more.yaml": thing("Web", "more", "shop")}, 50, 1)}
    assert len(before - after) <= len(KINDS)


def test_a_mutant_leaves_the_object_that_it_is_of() -> None:
    own = tree()
    mutants(own, 50, 1)
    assert own == tree()


def test_comments_to_people_are_left_alone() -> None:
    assert not [each for each in mutants(tree(), 100, 1) if each.path.rpartition(".")[2] in COMMENTS]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_does_what_it_says(kind: str) -> None:
    for mutant in (each for each in mutants(tree(), 100, 3) if each.kind == kind):
        body = mutant.body
        match kind:
            case "delete":
                assert mutant.what == "deleted"
            case "rename":
                assert mutant.what == f"renamed to {mutant.path.rpartition('.')[2]}x"
            case "dangle":
                assert str(body).count("x") > str(tree()[mutant.file]).count("x")
            case "resource":
                assert mutant.path.startswith(("spec.replicas", "spec.resources"))
        assert body != tree()[mutant.file]


def test_nothing_is_left_to_the_global_chance() -> None:
    random.seed(1)
    before = mutants(tree(), 20, 1)
    random.seed(2)
    assert mutants(tree(), 20, 1) == before
