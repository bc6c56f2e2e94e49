from charts_src.review.pictures.scene import scene
from charts_src.review.pictures.waves import Application, Wave, mermaid, svg, waves
from tests.objects import thing
from tests.review.pictures.scenes import application, small

SETTINGS = thing("ConfigMap", "settings", "ray", data={"a": "1"})
OLD = {
    "argocd": [application("ray", 1), application("hub", 1)],
    "ray": [SETTINGS],
    "hub": [thing("Namespace", "hub")],
}
NEW = {
    "argocd": [application("ray", 1, **{"genai-on-eks/awaited": "false"}), application("crds", 0)],
    "ray": [SETTINGS | {"data": {"a": "2"}}],
    "crds": [thing("Namespace", "crds"), thing("Namespace", "more")],
}


def test_applications_stand_in_their_waves_with_what_happens_to_them() -> None:
    assert waves(scene(small(OLD, NEW))) == (
        Wave(0, (Application("crds", 2, True, "added"),)),
        Wave(1, (Application("hub", 1, True, "removed"), Application("ray", 1, False, "changed"))),
    )


def test_without_a_change_nothing_is_marked() -> None:
    found = waves(scene(small(OLD, OLD)))
    assert found == (Wave(1, (Application("hub", 1, True, None), Application("ray", 1, True, None))),)
    assert "removed by this pull request" not in svg(found, "t")


def test_the_root_application_is_no_part_of_a_wave() -> None:
    assert waves(scene(small({}, {"argocd-bootstrap": [application("root", 0)]}))) == ()


def test_waves_are_drawn_from_left_to_right() -> None:
    size = 'style="font-size:10px"'
    assert svg(waves(scene(small(OLD, NEW))), "Waves").splitlines()[1:-4] == [
        '<g class="tile head"><title>Wave 0 · 2 objects</title>'
        '<rect x="0" y="2" width="575" height="40" rx="6"/>'
        '<text class="bold" x="8" y="18">Wave 0</text>'
        f'<text class="soft" {size} x="8" y="34">2 objects</text></g>',
        '<g class="tile added"><title>crds: 2 objects</title>'
        '<rect x="0" y="54" width="575" height="34" rx="6"/>'
        '<text class="bold" x="8" y="68.5">+ crds</text>'
        f'<text class="soft" {size} x="8" y="81.5">2</text></g>',
        '<g class="tile head"><title>Wave 1 · 2 objects</title>'
        '<rect x="585" y="2" width="575" height="40" rx="6"/>'
        '<text class="bold" x="593" y="18">Wave 1</text>'
        f'<text class="soft" {size} x="593" y="34">2 objects</text></g>',
        '<path class="way" d="M575 22L578 22"></path>',
        '<polygon class="way-tip" points="585,22 578,26 578,18"/>',
        '<g class="tile removed"><title>hub: 1 object</title>'
        '<rect x="585" y="54" width="575" height="34" rx="6"/>'
        '<text class="bold" x="593" y="68.5">- hub</text>'
        f'<text class="soft" {size} x="593" y="81.5">1</text></g>',
        '<g class="tile loose changed"><title>ray: 1 object, not waited for</title>'
        '<rect x="585" y="94" width="575" height="34" rx="6"/>'
        '<text class="bold" x="593" y="108.5">~ ray</text>'
        f'<text class="soft" {size} x="593" y="121.5">1</text></g>',
    ]


def test_mermaid_names_the_changed_and_counts_the_rest() -> None:
    old = {**OLD, "argocd": [*OLD["argocd"], application("still", 1)]}
    new = {**NEW, "argocd": [*NEW["argocd"], application("still", 1)]}
    assert mermaid(waves(scene(small(old, new)))) == (
        "flowchart LR\n"
        '  w0["#126; Wave 0<br/>#43; crds: 2"]:::changed\n'
        '  w1["#126; Wave 1<br/>#45; hub: 1<br/>#126; ray: 1<br/>1 without changes"]:::changed\n'
        "  w0 --> w1\n"
        "  classDef changed fill:#fff3cd,stroke:#875000,color:#1f2328\n"
    )


def test_mermaid_names_all_when_none_is_changed() -> None:
    assert mermaid(waves(scene(small(OLD, OLD)))) == ('flowchart LR\n  w1["Wave 1<br/>hub: 1<br/>ray: 1"]\n')
